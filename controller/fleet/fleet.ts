import { toWcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { CollectorEntry } from '../config/collectors-key.ts';
import type { Storage } from '../storages/storage.ts';
import type { CollectorSource } from './collector-source.ts';
import type { FollowedHost } from './followed-host.ts';
import { planFleet } from './plan-fleet.ts';

/** How often a file of collectors is looked at. */
const lookMs = 2_000;
/** Between the starts of two hosts: hundreds of handshakes at once would delay them all. */
const staggerMs = 10;

/** A host as the fleet runs it. */
export interface RunningHost extends FollowedHost {
  /** Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export interface FleetOptions {
  readonly source: CollectorSource;
  readonly makeHost: (entry: CollectorEntry) => RunningHost;
  readonly storages: readonly Storage[];
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Member {
  readonly entry: CollectorEntry;
  readonly host: RunningHost;
  readonly stopping: AbortController;
  readonly ended: Promise<void>;
}

/** Follows many collectors at once, each by a runner of its own. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #members = new Map<string, Member>();

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  get hosts(): readonly FollowedHost[] {
    return [...this.#members.values()].map(({ host }) => host);
  }

  /**
   * Runs until `signal` aborts, or the iterations of all hosts are done. Resolves with the exit status: 1 when a storage
   * cannot be opened. What happens to a host ends nothing but itself.
   */
  async run(signal: AbortSignal): Promise<number> {
    const { storages, source, clock, logger } = this.#options;
    try {
      for (const storage of storages) {
        await storage.start?.();
        logger.info({ storage: storage.describe() }, 'stores what all nodes send');
      }
      for (let known: readonly CollectorEntry[] | undefined; !signal.aborted; ) {
        const wanted = source.read();
        if (wanted !== known) await this.#follow(wanted, signal);
        known = wanted;
        if (!source.isWatched) {
          await Promise.all([...this.#members.values()].map(({ ended }) => ended));
          return 0;
        }
        await clock.sleep(lookMs, signal).catch(() => undefined);
      }
      return 0;
    } catch (thrown) {
      const error = toWcaError(thrown, 'fleet');
      const { code, subject, remedy } = error;
      logger.error({ code, subject, remedy, ...(code === 'INTERNAL' ? { err: thrown } : {}) }, error.toText());
      return 1;
    } finally {
      await this.#stop([...this.#members.keys()]);
      await Promise.allSettled(storages.map((storage) => storage.stop?.()));
    }
  }

  async #follow(wanted: readonly CollectorEntry[], signal: AbortSignal): Promise<void> {
    const { logger, clock } = this.#options;
    const followed = new Map([...this.#members].map(([name, { entry }]) => [name, entry]));
    const { stop, start } = planFleet(followed, wanted);
    await this.#stop(stop);
    logger.info({ nodes: wanted.length, started: start.length, stopped: stop.length }, 'follows collectors');
    for (const entry of start) {
      if (signal.aborted) return;
      this.#start(entry, signal);
      await clock.sleep(staggerMs, signal).catch(() => undefined);
    }
  }

  #start(entry: CollectorEntry, signal: AbortSignal): void {
    const host = this.#options.makeHost(entry);
    const stopping = new AbortController();
    const ended = host.run(AbortSignal.any([signal, stopping.signal]));
    this.#members.set(entry.name, { entry, host, stopping, ended });
  }

  async #stop(names: readonly string[]): Promise<void> {
    const members = names.flatMap((name) => this.#members.get(name) ?? []);
    for (const { stopping } of members) stopping.abort(new Error('not followed any more'));
    await Promise.all(members.map(({ ended }) => ended));
    for (const name of names) this.#members.delete(name);
  }
}
