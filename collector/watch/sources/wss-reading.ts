import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { WssSpec } from '../../../shared/rpc/watch-messages.ts';
import type { CgroupMembers } from '../../kernel/cgroup/members.ts';
import { Row } from '../../kernel/row.ts';
import type { ClearRefs } from '../../kernel/task-memory/clear-refs.ts';
import type { ReferencedMemory } from '../../kernel/task-memory/referenced-memory.ts';
import type { MeasuredTarget, TargetReading } from '../ports.ts';
import type { Turns } from './background-round.ts';
import { looksForStability, WssCycle } from './wss-cycle.ts';

/** Processes of one target: more are not measured. */
const maxProcesses = 20_000;
/** Bandwidth that is not known, and a process that does not answer, are nothing to tell of before this time. */
const patienceMs = 10_000;

/** Places of the columns; the last one is there only when the working set is looked for. */
const referenced = 0;
const overhead = 1;
const workingSet = 2;

export interface WssReadingParts {
  readonly members: Pick<CgroupMembers, 'read'>;
  readonly memory: Pick<ReferencedMemory, 'read'>;
  readonly clearRefs: Pick<ClearRefs, 'clear'>;
  /** Total memory bandwidth of a target as a counter; undefined where it is not measured. */
  readonly bandwidth: (target: MeasuredTarget) => bigint | number | undefined;
  readonly clock: Clock;
  /** One that the host can follow. */
  readonly spec: WssSpec;
  readonly onClosed: (reading: WssReading) => void;
}

/** The referenced memory of one target: of all processes of all its containers. */
export class WssReading implements TargetReading {
  readonly row: Row;
  readonly #target: MeasuredTarget;
  readonly #parts: WssReadingParts;
  readonly #cycle: WssCycle;
  #overheadMs = 0;
  /** Since when one process is read or cleared. */
  #pendingSinceMs: number | undefined;
  /** Since when bandwidth is wanted and not known. */
  #withoutBandwidthMs: number | undefined;
  #problems: readonly WcaError[] = [];
  #isClosed = false;

  constructor(target: MeasuredTarget, parts: WssReadingParts) {
    this.#target = target;
    this.#parts = parts;
    this.#cycle = new WssCycle(parts.spec);
    this.row = new Row(looksForStability(parts.spec) ? 3 : 2);
  }

  /** The same array as long as nothing changes. */
  get problems(): readonly WcaError[] {
    return this.#problems;
  }

  /** The row is written by the background round. Tells of a process that keeps the round waiting. */
  read(): void {
    const { clock } = this.#parts;
    if (this.#pendingSinceMs === undefined || clock.monotonicMs() - this.#pendingSinceMs < patienceMs) return;
    this.#tell([stuck(this.#target.path)]);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.onClosed(this);
  }

  /** One cycle: reads all processes and, when it is time, clears their bits. */
  async measure(turns: Turns): Promise<void> {
    const { bandwidth, spec } = this.#parts;
    const problems: WcaError[] = [];
    const kibibytes = await this.#readAll(turns, problems);
    if (this.#isClosed) return;
    this.row.setDouble(overhead, this.#overheadMs / 1000);
    if (kibibytes === undefined) {
      // Of a pass that was given up nothing is told.
      if (problems.length === 0) return;
      this.row.clear(referenced, 1);
      this.#tell(problems);
      return;
    }
    const referencedBytes = kibibytes * 1024;
    const bandwidthBytes = looksForStability(spec) ? bandwidth(this.#target) : undefined;
    const { workingSetBytes, reset } = this.#cycle.next({ referencedBytes, bandwidthBytes });
    this.row.setInteger(referenced, referencedBytes);
    if (looksForStability(spec)) this.#setWorkingSet(workingSetBytes, bandwidthBytes, problems);
    if (reset) await this.#clearAll(turns, problems);
    this.row.setDouble(overhead, this.#overheadMs / 1000);
    this.#tell(problems);
  }

  /** KiB of all processes; undefined when one of them cannot be read: a part is not the target's. */
  async #readAll(turns: Turns, problems: WcaError[]): Promise<number | undefined> {
    const pids = this.#processes();
    if (pids.size > maxProcesses) {
      problems.push(tooMany(this.#target.path, pids.size));
      return undefined;
    }
    let kibibytes = 0;
    for (const pid of pids) {
      if (!(await this.#mayGoOn(turns))) return undefined;
      const reading = await this.#timed(() => this.#parts.memory.read(pid, this.#target.path));
      if (!reading.ok) {
        problems.push(reading.error);
        return undefined;
      }
      kibibytes += reading.value;
    }
    return kibibytes;
  }

  /** Clears the bits of the processes that there are now: those that came meanwhile too, no foreign one of a reused id. */
  async #clearAll(turns: Turns, problems: WcaError[]): Promise<void> {
    let refusal: WcaError | undefined;
    for (const pid of this.#processes()) {
      if (!(await this.#mayGoOn(turns))) return;
      const problem = await this.#timed(() => this.#parts.clearRefs.clear(pid, this.#target.path));
      refusal ??= problem;
    }
    if (refusal !== undefined) problems.push(refusal);
  }

  #processes(): Set<number> {
    return this.#parts.members.read(this.#target.cgroups, 'processes');
  }

  async #mayGoOn(turns: Turns): Promise<boolean> {
    return (await turns.next()) && !this.#isClosed;
  }

  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const startMs = this.#parts.clock.monotonicMs();
    this.#pendingSinceMs = startMs;
    try {
      return await work();
    } finally {
      this.#pendingSinceMs = undefined;
      this.#overheadMs += this.#parts.clock.monotonicMs() - startMs;
    }
  }

  #setWorkingSet(bytes: number | undefined, bandwidth: bigint | number | undefined, problems: WcaError[]): void {
    if (bytes === undefined) this.row.clear(workingSet, 1);
    else this.row.setInteger(workingSet, bytes);
    if (bandwidth !== undefined) {
      this.#withoutBandwidthMs = undefined;
      return;
    }
    const nowMs = this.#parts.clock.monotonicMs();
    this.#withoutBandwidthMs ??= nowMs;
    if (nowMs - this.#withoutBandwidthMs >= patienceMs) problems.push(noBandwidth(this.#target.path));
  }

  /** Keeps what was told while it is of the same kind. */
  #tell(problems: readonly WcaError[]): void {
    if (kindsOf(problems) !== kindsOf(this.#problems)) this.#problems = problems;
  }
}

function kindsOf(problems: readonly WcaError[]): string {
  return problems.map(({ code, subject, errno }) => `${code} ${subject} ${errno}`).join('\n');
}

function tooMany(path: string, count: number): WcaError {
  return new WcaError('LIMIT_REACHED', {
    subject: `${path} wss`,
    message: `${count} processes; the referenced memory of at most ${maxProcesses} is measured`,
    remedy: 'measure the cgroups below it instead',
  });
}

function stuck(path: string): WcaError {
  return new WcaError('KERNEL_REFUSED', {
    subject: `${path} wss`,
    message: 'a process of it keeps its memory map locked: no working set is measured until it lets go',
    remedy: 'look for a process in state D',
  });
}

function noBandwidth(path: string): WcaError {
  return new WcaError('FEATURE_ABSENT', {
    subject: `${path} wss`,
    message: 'its memory bandwidth is not measured, without which no working set size is told and no bit is cleared',
    remedy: 'ask for rdt as well (rdt_enabled), on a host that counts mbm_total_bytes; or leave out wss_stable_cycles',
  });
}
