import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { Target, WatchSpec } from '../../shared/rpc/watch-messages.ts';
import { decodeWatchResponse } from '../../shared/rpc/watch-response-codec.ts';
import { chooseBackoffMs } from '../collectors/backoff.ts';
import type { RawCollector } from '../collectors/raw-collector.ts';
import { planTargetChange } from '../collectors/targets.ts';
import { linkAbort } from '../model/linked-abort.ts';
import { targetIdOf } from '../model/target-id.ts';
import type { Task } from '../model/task.ts';
import { encodeTasks } from './recorded-tasks.ts';
import { recordKind } from './recording-format.ts';
import type { RecordingWriter } from './recording-writer.ts';
import { encodeTake, type Take } from './take.ts';

/** What was measured is in the file after this long at the latest. */
const flushMs = 5_000;
/** Tasks are not looked for more often. */
const leastPaceMs = 1_000;
const leastSilenceMs = 10_000;

export interface RecorderOptions {
  readonly collector: RawCollector;
  readonly writer: RecordingWriter;
  readonly clock: Clock;
  readonly random: () => number;
  readonly spec: WatchSpec;
  readonly take: Omit<Take, 'startedUnixMs'>;
  /** The tasks of this moment. */
  readonly findTasks: (signal: AbortSignal) => Promise<readonly Task[]>;
  /** Told what a person should know: the collector is gone, tasks cannot be listed. */
  readonly onNote: (text: string) => void;
}

export interface RecorderCounts {
  readonly takes: number;
  readonly snapshots: number;
  /** Most tasks at a time. */
  readonly tasks: number;
  /** Snapshots the collector left out because this side was slow. */
  readonly lost: number;
}

/** Writes what a collector sends, and the tasks it belongs to, to a file. */
export class Recorder {
  readonly #options: RecorderOptions;
  #tasks: readonly Task[] = [];
  #written = '';
  /** Targets of the last look and of the one before: a task that is gone is measured once more. */
  #found: ReadonlyMap<string, Target> = new Map();
  #sent: ReadonlyMap<string, Target> = new Map();
  #revision = 0;
  #takes = 0;
  #snapshots = 0;
  #mostTasks = 0;
  #lost = 0;
  #isListing = true;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  get counts(): RecorderCounts {
    return { takes: this.#takes, snapshots: this.#snapshots, tasks: this.#mostTasks, lost: this.#lost };
  }

  /**
   * Records until `signal` aborts or the file is full, attaching again when the collector is gone for a while. Rejects
   * when the collector cannot be reached at first or refuses what is asked for, and when the file cannot be written.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, writer, onNote } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const before = this.#snapshots;
      try {
        await this.#attach(signal);
        return;
      } catch (thrown) {
        writer.flush();
        const error = toWcaError(thrown, 'recorder');
        if (signal.aborted) return;
        if (this.#snapshots === 0 || error.code === 'STORAGE_FAILED') throw error;
        if (this.#snapshots > before) {
          attempt = 0;
          onNote(`${error.toText()}: trying again`);
        }
        await clock.sleep(chooseBackoffMs(attempt, random()), signal).catch(() => undefined);
      }
    }
  }

  /** One take. Resolves when `signal` aborts or the file is full; rejects when the stream breaks. */
  async #attach(signal: AbortSignal): Promise<void> {
    const { collector, writer, take, clock, findTasks } = this.#options;
    const platform = await collector.getPlatform();
    this.#tasks = await findTasks(signal);
    const startedUnixMs = Number(clock.realtimeNs() / 1_000_000n);
    writer.add(recordKind.take, encodeTake({ startedUnixMs, ...take }));
    writer.add(recordKind.platform, platform);
    this.#takes += 1;
    this.#written = '';
    this.#sent = new Map();
    this.#found = new Map();
    this.#writeTasks();
    await this.#stream(signal);
    writer.add(recordKind.end, Buffer.alloc(0));
    writer.flush();
  }

  async #stream(signal: AbortSignal): Promise<void> {
    const { collector, spec } = this.#options;
    const stream = collector.watch();
    const ending = linkAbort(signal);
    let failure: WcaError | undefined;
    const end = (error?: WcaError): void => {
      failure ??= error;
      ending.abort();
    };
    stream.on('data', (bytes: Buffer) => {
      if (!ending.signal.aborted && this.#guarded(() => this.#take(bytes), end)) end();
    });
    stream.on('error', (thrown: unknown) => end(collector.explain(thrown)));
    stream.on('end', () =>
      end(new WcaError('UNAVAILABLE', { subject: collector.address, message: 'the collector ended the stream' })),
    );
    stream.write({ kind: 'spec', spec });
    const send = (always: boolean): void => {
      const change = this.#planChange(always);
      if (change !== undefined) stream.write({ kind: 'targets', targets: change });
    };
    send(true);
    try {
      await Promise.all([this.#keepTasks(ending.signal, send), this.#keepFlushing(ending.signal, end)]);
    } finally {
      ending.unlink();
      stream.cancel();
    }
    if (failure !== undefined && !signal.aborted) throw failure;
  }

  /** Whether the file is full then. What `work` throws ends the take. */
  #guarded(work: () => void, end: (error: WcaError) => void): boolean {
    try {
      work();
    } catch (thrown) {
      end(toWcaError(thrown, 'recorder'));
    }
    return this.#options.writer.isFull;
  }

  #take(bytes: Buffer): void {
    this.#options.writer.add(recordKind.response, bytes);
    const response = decodeWatchResponse(bytes);
    if (response.kind !== 'snapshot') return;
    this.#snapshots += 1;
    this.#lost = Math.max(this.#lost, response.snapshot.lost);
  }

  async #keepTasks(signal: AbortSignal, send: (always: boolean) => void): Promise<void> {
    const { clock, findTasks, onNote, take } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(Math.max(leastPaceMs, take.intervalMs), signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        this.#tasks = await findTasks(signal);
        this.#isListing = true;
      } catch (thrown) {
        if (signal.aborted) return;
        if (this.#isListing) onNote(`${toWcaError(thrown, 'tasks').toText()}: keeping the tasks that are known`);
        this.#isListing = false;
      }
      this.#writeTasks();
      send(false);
    }
  }

  /** Also gives up a stream on which nothing comes any more. */
  async #keepFlushing(signal: AbortSignal, end: (error: WcaError) => void): Promise<void> {
    const { clock, writer, collector, take } = this.#options;
    const silenceMs = leastSilenceMs + 5 * take.intervalMs;
    let seen = this.#snapshots;
    let seenMs = clock.monotonicMs();
    while (!signal.aborted) {
      await clock.sleep(flushMs, signal).catch(() => undefined);
      this.#guarded(() => writer.flush(), end);
      if (this.#snapshots !== seen) seenMs = clock.monotonicMs();
      seen = this.#snapshots;
      if (clock.monotonicMs() - seenMs < silenceMs) continue;
      const message = `no snapshot for ${silenceMs / 1000} s`;
      end(new WcaError('DEADLINE', { subject: `collector ${collector.address}`, message }));
    }
  }

  /** Before their targets are sent: a reader knows a task when its first row comes. */
  #writeTasks(): void {
    const bytes = encodeTasks(this.#tasks);
    const text = bytes.toString('latin1');
    if (text === this.#written) return;
    this.#written = text;
    this.#mostTasks = Math.max(this.#mostTasks, this.#tasks.length);
    this.#options.writer.add(recordKind.tasks, bytes);
  }

  #planChange(always: boolean) {
    const before = this.#found;
    this.#found = new Map(this.#tasks.map((task) => [targetIdOf(task.id), targetOf(task)]));
    const wanted = new Map([...before, ...this.#found]);
    const change = planTargetChange(this.#sent, wanted) ?? (always ? { upsert: [], remove: [] } : undefined);
    this.#sent = wanted;
    if (change === undefined) return undefined;
    this.#revision += 1;
    return { revision: this.#revision, ...change };
  }
}

function targetOf({ id, cgroupPath, subcgroupPaths }: Task): Target {
  return { id: targetIdOf(id), cgroupPath, childCgroupPaths: subcgroupPaths };
}
