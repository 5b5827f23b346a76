import { statSync } from 'node:fs';

/** Tells whether files have changed, by looking when asked: there is nothing to open and nothing to close. */
export class WatchedFiles {
  readonly #files: readonly string[];
  #seen = '';

  constructor(files: readonly string[]) {
    this.#files = files;
  }

  /** Whether any of them is another than at the last call; true at the first. */
  haveChanged(): boolean {
    const now = this.#files.map(stampOf).join();
    const changed = now !== this.#seen;
    this.#seen = now;
    return changed;
  }
}

function stampOf(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? 'absent' : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}
