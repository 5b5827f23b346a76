import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { Column, WssSpec } from '../../../shared/rpc/watch-messages.ts';
import type { CgroupLayout } from '../../kernel/cgroup/layout.ts';
import { CgroupMembers } from '../../kernel/cgroup/members.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import type { Row } from '../../kernel/row.ts';
import { Scratch } from '../../kernel/scratch.ts';
import { ClearRefs } from '../../kernel/task-memory/clear-refs.ts';
import { type MemoryMap, probeClearRefs, probeMemoryMap } from '../../kernel/task-memory/probe.ts';
import { ReferencedMemory } from '../../kernel/task-memory/referenced-memory.ts';
import type { MeasuredTarget, OptionalSource, PlatformPart, TargetReading, TargetSource } from '../ports.ts';
import { BackgroundRound, type Turns } from './background-round.ts';
import { looksForStability, needsReset, withoutReset } from './wss-cycle.ts';
import { WssReading, type WssReadingParts } from './wss-reading.ts';

/** Share of the time that measuring may take. Most of it is spent in the kernel, in the thread pool. */
const share = 0.5;

const targetColumns: readonly Column[] = [
  { metric: 'task_wss_referenced_bytes', labels: {}, kind: 'u64', divisor: 1 },
  { metric: 'task_wss_measure_overhead_seconds', labels: {}, kind: 'f64', divisor: 1 },
];
const workingSetColumn: Column = { metric: 'task_working_set_size_bytes', labels: {}, kind: 'u64', divisor: 1 };

const cost = new WcaError('FEATURE_ABSENT', {
  subject: 'wss',
  message:
    'measuring disturbs the tasks: while it is read a process cannot map memory, and after clearing each page costs a walk of the page tables again; in a peer project worst-case latency rose up to 80 times',
  remedy: 'measure with a long interval, few targets, for a limited time',
});

export interface WssSourceOptions extends Pick<WssReadingParts, 'spec' | 'bandwidth'> {
  readonly roots: KernelRoots;
  readonly layout: CgroupLayout;
  /** Whether the operator of the host allows referenced bits to be cleared. */
  readonly allowed: boolean;
  readonly clock: Clock;
}

/** Measures the memory that targets reference, and their working set. */
export class WssSource implements OptionalSource {
  readonly name = 'wss';
  readonly unavailable: readonly WcaError[];
  readonly platform: PlatformPart | undefined;
  readonly targets: TargetSource | undefined;
  readonly #round: BackgroundRound;
  readonly #readings = new Set<WssReading>();
  #notes: readonly WcaError[] = [];
  #told: WcaError | undefined;

  constructor(options: WssSourceOptions) {
    const { roots, clock, spec } = options;
    const map = probeMemoryMap(roots);
    this.#round = new BackgroundRound({ clock, share, subject: 'wss', pass: (turns) => this.#pass(turns) });
    if (!map.ok) {
      this.unavailable = [map.error];
      return;
    }
    const refusal = needsReset(spec) ? resetRefusal(options) : undefined;
    this.unavailable = refusal === undefined ? [] : [refusal];
    this.#notes = [cost];
    this.platform = this.#platformPart();
    this.targets = this.#targetPart(options, map.value, refusal === undefined ? spec : withoutReset(spec));
  }

  /** Another array when it changed. */
  get notes(): readonly WcaError[] {
    const { trouble } = this.#round;
    if (trouble !== this.#told) {
      this.#told = trouble;
      this.#notes = trouble === undefined ? [cost] : [cost, trouble];
    }
    return this.#notes;
  }

  close(): void {
    this.#round.close();
  }

  #platformPart(): PlatformPart {
    return {
      columns: [{ metric: 'wca_wss_seconds', labels: {}, kind: 'f64', divisor: 1 }],
      refresh: () => false,
      readInto: (row: Row, at: number) => row.setDouble(at, this.#round.spentSeconds),
    };
  }

  #targetPart({ roots, layout, allowed, ...options }: WssSourceOptions, map: MemoryMap, spec: WssSpec): TargetSource {
    const parts: WssReadingParts = {
      ...options,
      spec,
      members: new CgroupMembers(layout, new Scratch()),
      memory: new ReferencedMemory(roots, map),
      clearRefs: new ClearRefs(roots, allowed),
      onClosed: (reading) => this.#readings.delete(reading),
    };
    return {
      columns: looksForStability(spec) ? [...targetColumns, workingSetColumn] : targetColumns,
      open: (target: MeasuredTarget): TargetReading => {
        const reading = new WssReading(target, parts);
        this.#readings.add(reading);
        return reading;
      },
      afterTick: () => this.#round.afterTick(),
    };
  }

  /** Each target once; one that comes during the pass is part of it. */
  async #pass(turns: Turns): Promise<void> {
    for (const reading of this.#readings) {
      if (!(await turns.next())) return;
      await reading.measure(turns);
    }
  }
}

/** Why nothing can be cleared although the spec asks for it. */
function resetRefusal({ roots, allowed }: WssSourceOptions): WcaError | undefined {
  if (!allowed) {
    return new WcaError('PERMISSION', {
      subject: 'wss',
      message: 'referenced bits may not be cleared on this host: referenced memory only grows',
      remedy: "allow wss-reset in the collector's configuration: --allow wss-reset",
    });
  }
  return probeClearRefs(roots);
}
