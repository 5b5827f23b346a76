import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { Column } from '../../../shared/rpc/watch-messages.ts';
import type { CgroupLayout } from '../../kernel/cgroup/layout.ts';
import { CgroupMembers } from '../../kernel/cgroup/members.ts';
import { faultTypes, probeSched, type SchedShape, SchedTotals } from '../../kernel/proc/sched.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import type { Row } from '../../kernel/row.ts';
import { Scratch } from '../../kernel/scratch.ts';
import type { MeasuredTarget, OptionalSource, PlatformPart, TargetReading, TargetSource } from '../ports.ts';
import { BackgroundRound, type Turns } from './background-round.ts';
import { SchedReading, type SchedReadingParts } from './sched-reading.ts';

/** Share of the time that reading may take of the thread that also samples. */
const share = 0.2;

const cost = new WcaError('FEATURE_ABSENT', {
  subject: 'sched',
  message:
    'one file a thread is read, some 11 µs each, at most a fifth of the time: with many threads values are older than a tick',
});

export interface SchedSourceOptions {
  readonly roots: KernelRoots;
  readonly layout: CgroupLayout;
  readonly clock: Clock;
}

/** Measures what the scheduler knows of the threads of targets. */
export class SchedSource implements OptionalSource {
  readonly name = 'sched';
  readonly unavailable: readonly WcaError[];
  readonly platform: PlatformPart | undefined;
  readonly targets: TargetSource | undefined;
  readonly #round: BackgroundRound;
  readonly #readings = new Set<SchedReading>();
  #notes: readonly WcaError[] = [];
  #told: WcaError | undefined;

  constructor(options: SchedSourceOptions) {
    const shape = probeSched(options.roots);
    const pass = (turns: Turns): Promise<void> => this.#pass(turns);
    this.#round = new BackgroundRound({ clock: options.clock, share, subject: 'sched', pass });
    this.unavailable = shape.ok ? [] : [shape.error];
    if (!shape.ok) return;
    this.#notes = [cost];
    this.platform = {
      columns: [{ metric: 'wca_sched_seconds', labels: {}, kind: 'f64', divisor: 1 }],
      refresh: () => false,
      readInto: (row: Row, at: number) => row.setDouble(at, this.#round.spentSeconds),
    };
    this.targets = this.#targetPart(options, shape.value);
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

  #targetPart({ roots, layout }: SchedSourceOptions, shape: SchedShape): TargetSource {
    const columns = columnsOf(shape);
    const scratch = new Scratch();
    const parts: SchedReadingParts = {
      roots,
      members: new CgroupMembers(layout, scratch),
      totals: new SchedTotals(shape),
      width: columns.length,
      scratch,
      onClosed: (reading) => this.#readings.delete(reading),
    };
    return {
      columns,
      open: (target: MeasuredTarget): TargetReading => {
        const reading = new SchedReading(target, parts);
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

/** In the order of `SchedTotals.writeInto`. */
function columnsOf({ keys, nodes }: SchedShape): readonly Column[] {
  return [
    ...keys.map((key): Column => ({ metric: 'task_sched_stat', labels: { key }, kind: 'f64', divisor: 1 })),
    ...nodes.flatMap((node) =>
      faultTypes.map((type): Column => {
        const labels = { numa_node: `${node}`, fault_type: type };
        return { metric: 'task_sched_stat_numa_faults', labels, kind: 'u64', divisor: 1 };
      }),
    ),
  ];
}
