import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import { Episodes } from '../../shared/log/episodes.ts';
import type { LogFactory, Logger } from '../../shared/log/logger.ts';
import type { CollectorClient } from '../collectors/client.ts';
import type { CollectorEntry } from '../config/collectors-key.ts';
import type { ComponentContext } from '../config/context.ts';
import { Board } from '../runners/board.ts';
import type { Runner, RunnerEnvironment } from '../runners/runner.ts';
import type { Storage } from '../storages/storage.ts';
import type { FollowedHost } from './followed-host.ts';
import { HostStorage } from './host-storage.ts';

/** A runner that ended by itself, because its host refuses what it must have, is started again after so long. */
const againMs = 60_000;

export interface HostParts {
  readonly logs: LogFactory;
  readonly clock: Clock;
  /** What does not differ from host to host. */
  readonly environment: Pick<RunnerEnvironment, 'random' | 'iterations' | 'selfUsage' | 'logCounts'>;
  /** Throws INVALID_ARGUMENT, INVALID_CONFIG. */
  readonly connect: (address: string, episodes: Episodes) => CollectorClient;
  readonly runnerFor: (context: ComponentContext) => Runner;
  /** Storages that all hosts store in. */
  readonly shared: ReadonlySet<Storage>;
}

/** One host of several: a runner of its own, which nothing that happens to the others touches. */
export class HostRun implements FollowedHost {
  readonly name: string;
  readonly board = new Board();
  readonly episodes: Episodes;
  readonly #entry: CollectorEntry;
  readonly #parts: HostParts;

  constructor(entry: CollectorEntry, parts: HostParts) {
    this.name = entry.name;
    this.#entry = entry;
    this.#parts = parts;
    this.episodes = new Episodes(this.#logger('wca.episodes'), parts.clock);
  }

  /** Runs until `signal` aborts, or all iterations that were asked for are done. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, environment } = this.#parts;
    while (!signal.aborted) {
      const status = await this.#runOnce(signal);
      if (signal.aborted || (status === 0 && environment.iterations !== undefined)) return;
      const message = `its runner ended with status ${status}`;
      const error = new WcaError('UNAVAILABLE', { subject: this.name, message });
      const doing = `starting it again every ${againMs / 1000} s`;
      this.episodes.failed('runner', error, { source: 'runner', doing });
      // Less up to a half, so that not all come back at once.
      await clock.sleep(againMs * (1 - environment.random() / 2), signal).catch(() => undefined);
    }
  }

  async #runOnce(signal: AbortSignal): Promise<number> {
    const { clock, connect, runnerFor, environment, shared } = this.#parts;
    let collector: CollectorClient | undefined;
    try {
      collector = connect(this.#entry.address, this.episodes);
      const runner = runnerFor({ host: collector, clock, logger: (module) => this.#logger(module) });
      const ended = this.board.watch(() => this.episodes.ended('runner'));
      const status = await runner.run(
        {
          ...environment,
          collector,
          clock,
          labels: { ...this.#entry.labels, node: this.name },
          episodes: this.episodes,
          board: this.board,
          adaptStorage: (storage) => new HostStorage({ storage, source: this.name, isShared: shared.has(storage) }),
          logger: (module) => this.#logger(module),
        },
        signal,
      );
      ended();
      return status;
    } catch (thrown) {
      const error = toWcaError(thrown, this.name);
      this.#logger('wca.fleet').error({ code: error.code, remedy: error.remedy }, error.toText());
      return 1;
    } finally {
      collector?.close();
    }
  }

  #logger(module: string): Logger {
    return this.#parts.logs.logger(module).child({ node: this.name });
  }
}
