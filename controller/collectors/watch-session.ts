import type { ErrorCode } from '../../shared/errors/codes.ts';
import { fromStatus } from '../../shared/errors/grpc-status.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { Episodes } from '../../shared/log/episodes.ts';
import type {
  Allocations,
  Roster,
  Schema,
  Snapshot,
  Target,
  WatchResponse,
  WatchSpec,
} from '../../shared/rpc/watch-messages.ts';
import type { Delivery } from '../model/delivery.ts';
import { chooseBackoffMs } from './backoff.ts';
import { explain } from './explain.ts';
import type { CollectorLink, WatchStream } from './link.ts';
import { planTargetChange } from './targets.ts';

/** A collector of another major version will not change by itself: asked rarely. */
const mismatchMs = 10_000;
/** A collector that hangs keeps its stream open: without a snapshot for so long the stream is given up. */
const leastSilenceMs = 10_000;
/** For a connection to come about. A host that is off never refuses. */
const connectMs = 10_000;
const silentIntervals = 5;

export interface WatchOptions {
  readonly client: Pick<CollectorLink, 'address' | 'watch' | 'connection'>;
  readonly clock: Clock;
  readonly episodes: Episodes;
  readonly random: () => number;
  /** What a schema of the collector is taken for. */
  readonly readSchema?: (schema: Schema) => Schema;
}

/** How a session goes, for status and metrics. */
export interface WatchStatus {
  readonly address: string;
  readonly state: 'connecting' | 'attached' | 'waiting';
  readonly snapshots: number;
  /** Snapshots this side was too slow for, over all attachments. */
  readonly lost: number;
  readonly attaches: number;
  /** Why it is not attached. */
  readonly error: WcaError | undefined;
}

/** What a host says that cannot or may not measure what is required. */
const refusals: readonly ErrorCode[] = ['FEATURE_ABSENT', 'PERMISSION', 'PEER_DENIED', 'KERNEL_REFUSED'];

/** Whether trying again would give the same answer. */
function isFinal(code: ErrorCode, { rdt, uncore, memoryModules }: WatchSpec): boolean {
  const isRequired = [rdt, uncore, memoryModules].some((wanted) => wanted?.required === true);
  return code === 'INVALID_ARGUMENT' || (isRequired && refusals.includes(code));
}

/**
 * The controller's subscription at one collector. Attaches for ever, with growing pauses, and says again what it wants
 * after each attachment. Only the newest snapshot is kept for a consumer that is slow.
 */
export class WatchSession {
  readonly #options: WatchOptions;
  readonly #spec: WatchSpec;
  readonly #episode: string;
  #wanted: ReadonlyMap<string, Target> = new Map();
  #sent: ReadonlyMap<string, Target> = new Map();
  /** Targets were given, if only none. The collector begins with the first update. */
  #wants = false;
  #revision = 0;
  #stream: WatchStream | undefined;
  #schema: Schema | undefined;
  #roster: Roster | undefined;
  #allocations: Allocations | undefined;
  #latest: Delivery | undefined;
  #fatal: WcaError | undefined;
  #wake: (() => void) | undefined;
  #state: WatchStatus['state'] = 'connecting';
  #error: WcaError | undefined;
  #snapshots = 0;
  #lostBefore = 0;
  #lostNow = 0;
  #replaced = 0;
  #attaches = 0;
  #attempt = 0;

  constructor(spec: WatchSpec, options: WatchOptions) {
    this.#spec = spec;
    this.#options = options;
    this.#episode = `collector ${options.client.address}`;
  }

  get status(): WatchStatus {
    return {
      address: this.#options.client.address,
      state: this.#state,
      snapshots: this.#snapshots,
      lost: this.#lostBefore + this.#lostNow + this.#replaced,
      attaches: this.#attaches,
      error: this.#error,
    };
  }

  /**
   * What to measure from now on. Only the difference is sent. Returns the revision from which on a roster has these
   * targets.
   */
  setTargets(targets: ReadonlyMap<string, Target>): number {
    const first = !this.#wants;
    this.#wants = true;
    this.#wanted = targets;
    // Without a stream they are sent with the next attachment.
    if (this.#stream === undefined) return this.#revision + 1;
    this.#sendTargets(this.#stream, first);
    return this.#revision;
  }

  /**
   * The newest snapshot not handed out yet; undefined when `signal` aborts before there is one. Throws the collector's
   * reason when it refuses what was asked for: an unknown event, a required measurement that its host does not have.
   */
  async next(signal: AbortSignal): Promise<Delivery | undefined> {
    while (!signal.aborted) {
      if (this.#fatal !== undefined) throw this.#fatal;
      const delivery = this.#latest;
      this.#latest = undefined;
      if (delivery !== undefined) return delivery;
      await this.#somethingNew(signal);
    }
    return undefined;
  }

  /** Attaches again and again until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, clock, random } = this.#options;
    while (!signal.aborted) {
      const error = await this.#attach(signal);
      if (signal.aborted) return;
      this.#failed(error);
      if (this.#fatal !== undefined) return;
      const waitMs = error.code === 'VERSION_MISMATCH' ? mismatchMs : chooseBackoffMs(this.#attempt, random());
      this.#attempt += 1;
      await clock.sleep(waitMs, signal).catch(() => undefined);
      // An attempt of the channel that hangs would outlast many of ours: the kernel tries for two minutes, ever more rarely.
      if (error.code === 'DEADLINE' || client.connection?.isUp === false) client.connection?.renew();
    }
  }

  #failed(error: WcaError): void {
    this.#state = 'waiting';
    this.#error = error;
    this.#lostBefore += this.#lostNow;
    this.#lostNow = 0;
    // What worked before is no mistake of the configuration: another collector may come.
    if (this.#attaches > 0 || !isFinal(error.code, this.#spec)) {
      this.#options.episodes.failed(this.#episode, error, { source: 'collector', doing: 'trying again' });
      return;
    }
    this.#fatal = error;
    this.#wake?.();
  }

  /** One attachment; resolves with the reason when it ends. */
  #attach(signal: AbortSignal): Promise<WcaError> {
    const { client } = this.#options;
    return new Promise((resolve) => {
      const stream = client.watch();
      let silence: WcaError | undefined;
      const watchdog = new AbortController();
      const end = (error: WcaError): void => {
        signal.removeEventListener('abort', cancel);
        watchdog.abort();
        if (this.#stream !== stream) return;
        this.#stream = undefined;
        this.#schema = undefined;
        this.#roster = undefined;
        this.#allocations = undefined;
        if (this.#state === 'attached') this.#state = 'waiting';
        this.#latest = undefined;
        resolve(silence ?? error);
      };
      const cancel = (): void => stream.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      stream.on('data', (response: WatchResponse) => this.#take(response));
      stream.on('error', (thrown: unknown) => end(explain(fromStatus(thrown, client.address), client.address)));
      stream.on('end', () =>
        end(new WcaError('UNAVAILABLE', { subject: client.address, message: 'the collector ended the stream' })),
      );
      stream.write({ kind: 'spec', spec: this.#spec });
      this.#stream = stream;
      this.#sent = new Map();
      if (this.#wants) this.#sendTargets(stream, true);
      void this.#silent(watchdog.signal).then((error) => {
        if (error === undefined) return;
        silence = error;
        stream.cancel();
      });
    });
  }

  /** Why to give up an attachment on which nothing comes any more; undefined when `signal` aborts before. */
  async #silent(signal: AbortSignal): Promise<WcaError | undefined> {
    const { clock, client } = this.#options;
    await clock.sleep(connectMs, signal).catch(() => undefined);
    if (signal.aborted) return undefined;
    if (client.connection?.isUp === false) return unreachable(client.address);
    const boundMs = leastSilenceMs + silentIntervals * this.#spec.intervalMs;
    for (let seen = -1; seen !== this.#snapshots || !this.#wants; ) {
      seen = this.#snapshots;
      await clock.sleep(boundMs, signal).catch(() => undefined);
      if (signal.aborted) return undefined;
    }
    const message = `no snapshot for ${boundMs / 1000} s`;
    return new WcaError('DEADLINE', { subject: `collector ${client.address}`, message });
  }

  /** `always`: also when nothing differs, for the collector begins with the first update. */
  #sendTargets(stream: WatchStream, always: boolean): void {
    const change = planTargetChange(this.#sent, this.#wanted) ?? (always ? { upsert: [], remove: [] } : undefined);
    this.#sent = this.#wanted;
    if (change === undefined) return;
    this.#revision += 1;
    stream.write({ kind: 'targets', targets: { revision: this.#revision, ...change } });
  }

  #take(response: WatchResponse): void {
    const { readSchema = (schema: Schema) => schema } = this.#options;
    if (response.kind === 'schema') this.#schema = readSchema(response.schema);
    else if (response.kind === 'roster') this.#roster = response.roster;
    else if (response.kind === 'allocations') this.#allocations = response.allocations;
    else this.#takeSnapshot(response.snapshot);
  }

  #takeSnapshot(snapshot: Snapshot): void {
    if (this.#schema?.id !== snapshot.schemaId || this.#roster?.id !== snapshot.rosterId) return;
    if (this.#state !== 'attached') {
      this.#state = 'attached';
      this.#attaches += 1;
      this.#attempt = 0;
      this.#error = undefined;
      this.#options.episodes.ended(this.#episode);
    }
    if (this.#latest !== undefined) this.#replaced += 1;
    this.#snapshots += 1;
    this.#lostNow = snapshot.lost;
    const allocations = this.#allocations?.id === snapshot.allocationsId ? this.#allocations : undefined;
    this.#latest = { attachment: this.#attaches, schema: this.#schema, roster: this.#roster, snapshot, allocations };
    this.#wake?.();
  }

  #somethingNew(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

/** The code of a refused connection, so that a host that restarts is one trouble. */
function unreachable(address: string): WcaError {
  return new WcaError('UNAVAILABLE', {
    subject: `collector ${address}`,
    message: `no connection within ${connectMs / 1000} s`,
    remedy: 'look whether the host runs, and at the network between the two hosts',
  });
}
