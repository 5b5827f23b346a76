import { setTimeout as wait } from 'node:timers/promises';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Allocations, Roster, Schema } from '../../shared/rpc/watch-messages.ts';
import type { Task } from '../model/task.ts';
import type { Node } from '../nodes/node.ts';
import type { Frame } from './frames.ts';
import type { PendingWork } from './pending-work.ts';
import type { ReplayClock } from './replay-clock.ts';
import type { ReplayLink, ReplayStream } from './replay-link.ts';
import { settle } from './settle.ts';

/** A longer gap between two snapshots of a take is not lived through. */
const longestGapNs = 600_000_000_000n;
/** How often the end of a runner is looked for that waits for nothing that is known. */
const pollMs = 10;

/** The recorded tasks, in the place of what the configuration names. */
export class ReplayNode implements Node {
  #tasks: readonly Task[] = [];

  set recorded(tasks: readonly Task[]) {
    this.#tasks = tasks;
  }

  describe(): string {
    return 'recorded tasks';
  }

  async tasks(): Promise<readonly Task[]> {
    return this.#tasks;
  }
}

export interface PlayerOptions {
  readonly link: ReplayLink;
  readonly clock: ReplayClock;
  readonly work: PendingWork;
  readonly node: ReplayNode;
  /** Seconds of the recording in one second; undefined: as fast as it goes. */
  readonly speed: number | undefined;
  /** Told before each snapshot that is played. */
  readonly onFrame: (frame: Frame, stream: ReplayStream) => void;
}

/** Plays a recording to a runner. */
export class Player {
  readonly #options: PlayerOptions;
  #take: Frame['take'] | undefined;
  #schema: Schema | undefined;
  #roster: Roster | undefined;
  #revision = 0;
  #allocations: Allocations | undefined;
  /** Time of the replay minus time of the take. */
  #shiftNs = 0n;
  #playedNs: bigint | undefined;
  #paceFrom: { readonly realMs: number; readonly replayMs: number } | undefined;

  constructor(options: PlayerOptions) {
    this.#options = options;
  }

  /** Resolves at the end of the recording, or when `signal` aborts. Throws what reading the frames throws. */
  async play(frames: Iterable<Frame>, signal: AbortSignal): Promise<void> {
    const { node } = this.#options;
    await this.#settle();
    for (const frame of frames) {
      if (frame.take !== this.#take) await this.#attach(frame, signal);
      const { stream } = this.#options.link;
      if (signal.aborted || stream === undefined) return;
      if (this.#isWanted(frame, stream)) {
        await this.#advance(frame.snapshot.monotonicNs + this.#shiftNs, signal);
        await this.#pace(signal);
        if (signal.aborted) return;
        node.recorded = frame.nextTasks;
        this.#deliver(frame, stream);
        await this.#settle();
      } else node.recorded = frame.nextTasks;
    }
  }

  /** Lets time pass until a runner that was told to stop has done so. */
  async finish(runner: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    runner.then(over, over);
    while (!isOver) {
      await this.#settle();
      if (!isOver && !this.#options.clock.wakeNext()) await wait(pollMs);
    }
  }

  /** Between two takes nothing was recorded: the stream breaks, and the runner attaches again. */
  async #attach(frame: Frame, signal: AbortSignal): Promise<void> {
    const { link, clock, node } = this.#options;
    const message = 'the recording was interrupted here';
    if (this.#take !== undefined) link.stream?.end(new WcaError('UNAVAILABLE', { subject: link.address, message }));
    link.platform = frame.platform;
    node.recorded = frame.tasks;
    this.#take = frame.take;
    this.#schema = this.#roster = this.#allocations = this.#playedNs = undefined;
    await this.#settle();
    while (link.stream === undefined && !signal.aborted && clock.wakeNext()) await this.#settle();
    const { monotonicNs, realtimeNs } = frame.snapshot;
    this.#shiftNs = clock.monotonicNs() + BigInt(frame.take.intervalMs) * 1_000_000n - monotonicNs;
    clock.setRealtime(realtimeNs - BigInt(frame.take.intervalMs) * 1_000_000n);
  }

  /** Of a recording that is denser than what the runner asked for, the snapshots between are left out. */
  #isWanted({ snapshot, take }: Frame, { spec }: ReplayStream): boolean {
    const intervalNs = BigInt(spec?.intervalMs ?? take.intervalMs) * 1_000_000n;
    const half = BigInt(take.intervalMs) * 500_000n;
    return this.#playedNs === undefined || snapshot.monotonicNs - this.#playedNs + half >= intervalNs;
  }

  async #advance(toNs: bigint, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const gapNs = toNs - clock.monotonicNs();
    const excessNs = gapNs > longestGapNs ? gapNs - longestGapNs : 0n;
    this.#shiftNs -= excessNs;
    const untilNs = toNs - excessNs;
    for (let next = clock.nextNs; next !== undefined && next <= untilNs && !signal.aborted; next = clock.nextNs) {
      clock.wakeNext();
      await this.#settle();
    }
    clock.moveTo(untilNs);
  }

  async #pace(signal: AbortSignal): Promise<void> {
    const { clock, speed } = this.#options;
    if (speed === undefined) return;
    this.#paceFrom ??= { realMs: performance.now(), replayMs: clock.monotonicMs() };
    const { realMs, replayMs } = this.#paceFrom;
    const leftMs = (clock.monotonicMs() - replayMs) / speed - (performance.now() - realMs);
    if (leftMs > 0) await wait(leftMs, undefined, { signal }).catch(() => undefined);
  }

  #deliver(frame: Frame, stream: ReplayStream): void {
    const { clock, onFrame } = this.#options;
    const { schema, roster, allocations, snapshot } = frame;
    clock.setRealtime(snapshot.realtimeNs);
    onFrame(frame, stream);
    if (schema !== this.#schema) stream.deliver({ kind: 'schema', schema });
    // The rows are those of the recorder; the runner is told that its targets are among them.
    const { revision } = stream;
    if (roster !== this.#roster || revision !== this.#revision) {
      stream.deliver({ kind: 'roster', roster: { ...roster, targetsRevision: revision } });
    }
    if (allocations !== undefined && allocations !== this.#allocations) {
      stream.deliver({ kind: 'allocations', allocations });
    }
    this.#schema = schema;
    this.#roster = roster;
    this.#revision = revision;
    this.#allocations = allocations;
    this.#playedNs = snapshot.monotonicNs;
    stream.deliver({ kind: 'snapshot', snapshot });
  }

  #settle(): Promise<void> {
    const { clock, work } = this.#options;
    return settle(clock, work);
  }
}
