import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Episodes } from '../../shared/log/episodes.ts';
import { type CollectorEntry, type CollectorsKey, parseCollectorsFile } from '../config/collectors-key.ts';
import { WatchedFile } from '../config/watched-file.ts';

const episode = 'list of collectors';

/** Which collectors are to be followed: for ever the same, or those that a file names. */
export class CollectorSource {
  readonly #entries: readonly CollectorEntry[] | undefined;
  readonly #file: WatchedFile<readonly CollectorEntry[]> | undefined;
  readonly #episodes: Episodes;
  #last: readonly CollectorEntry[] | undefined;

  constructor(key: CollectorsKey, episodes: Episodes) {
    this.#episodes = episodes;
    if (key.kind === 'list') this.#entries = key.entries;
    else {
      this.#file = new WatchedFile({ path: key.path, parse: parseCollectorsFile });
    }
  }

  /** Whether it can change. */
  get isWatched(): boolean {
    return this.#file !== undefined;
  }

  /** Those of the last good version of a file; none before there was one. The same object when nothing changed. */
  read(): readonly CollectorEntry[] {
    if (this.#file === undefined) return this.#entries ?? [];
    const state = this.#file.read();
    if (state.kind === 'good') {
      this.#episodes.ended(episode);
      this.#last = state.value;
      return state.value;
    }
    const error =
      state.kind === 'bad'
        ? state.error
        : new WcaError('INVALID_CONFIG', { subject: this.#file.path, message: 'does not exist' });
    const doing = this.#last === undefined ? 'nobody is followed' : 'those known before are followed';
    this.#episodes.failed(episode, error, { source: 'collectors', doing });
    return this.#last ?? none;
  }
}

const none: readonly CollectorEntry[] = [];
