import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { TestResult } from '../kit/test-results.ts';

/** What the guest tells about a test; `end` comes when all files were run. */
export type GuestEvent = Omit<TestResult, 'kind'> & { readonly kind: TestResult['kind'] | 'end' };

/** A line of events.jsonl; a broken one (the guest died while writing) is a note. Pure. */
export function parseGuestEvent(line: string): GuestEvent {
  const note: GuestEvent = { kind: 'note', text: line, file: '', durationMs: 0, detail: '' };
  try {
    const found: Partial<GuestEvent> | null = JSON.parse(line);
    return typeof found === 'object' && found !== null ? { ...note, ...found } : note;
  } catch {
    return note;
  }
}

/** The lines of a file that another process is writing. */
export class FollowedFile {
  readonly #path: string;
  readonly #chunk = Buffer.alloc(65_536);
  readonly #decoder = new StringDecoder('utf8');
  #at = 0;
  #rest = '';
  #fd: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Whole lines that came since the last call. */
  readLines(): readonly string[] {
    if (this.#fd === undefined && existsSync(this.#path)) this.#fd = openSync(this.#path, 'r');
    if (this.#fd === undefined) return [];
    for (;;) {
      const length = readSync(this.#fd, this.#chunk, 0, this.#chunk.length, this.#at);
      if (length === 0) break;
      this.#at += length;
      this.#rest += this.#decoder.write(this.#chunk.subarray(0, length));
    }
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
