import { nextLine } from './decimal.ts';

/**
 * Finds the line of a key in kernel text and remembers where it was: the next time the place is only checked. Exact:
 * `pgfault ` does not match `total_pgfault ` or `pgfault_x `.
 */
export class LineFinder {
  readonly #prefix: Uint8Array;
  #place = 0;

  /** @param prefix how the line begins, separator included: `pgfault `, `MemTotal:`, `total=`. */
  constructor(prefix: string) {
    this.#prefix = Buffer.from(prefix, 'latin1');
  }

  /** Offset just after the prefix of the first line that has it; undefined when none has. */
  find(text: Uint8Array, limit: number): number | undefined {
    const place = this.#place;
    if ((place === 0 || text[place - 1] === 0x0a) && hasMarkAt(text, place, limit, this.#prefix)) {
      return place + this.#prefix.length;
    }
    for (let at = 0; at < limit; at = nextLine(text, at, limit)) {
      if (!hasMarkAt(text, at, limit, this.#prefix)) continue;
      this.#place = at;
      return at + this.#prefix.length;
    }
    return undefined;
  }
}

/** Whether `mark` stands at an offset of the text. */
export function hasMarkAt(text: Uint8Array, at: number, limit: number, mark: Uint8Array): boolean {
  if (at + mark.length > limit) return false;
  for (let i = 0; i < mark.length; i++) if (text[at + i] !== mark[i]) return false;
  return true;
}

/** Values of `key<separator>value` lines as text, by key, the first of each: for facts taken at start. */
export function parseKeyedLines(text: string, separator: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const cut = line.indexOf(separator);
    if (cut <= 0) continue;
    const key = line.slice(0, cut).trim();
    if (!values.has(key)) values.set(key, line.slice(cut + separator.length).trim());
  }
  return values;
}
