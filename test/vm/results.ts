import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** What the guest tells about a test; `end` comes when all files were run. */
export interface GuestEvent {
  readonly kind: 'pass' | 'fail' | 'skip' | 'note' | 'end';
  /** Name of the test; the text of a note. */
  readonly text: string;
  readonly file: string;
  readonly durationMs: number;
  /** Why it failed or was skipped. */
  readonly detail: string;
}

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

/** An event for a person, indented under its guest. Pure. */
export function formatGuestEvent({ kind, text, file, durationMs, detail }: GuestEvent): string {
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  const indented = (lines: string) => lines.replaceAll('\n', '\n       ');
  switch (kind) {
    case 'pass':
      return `  ok   ${text} (${seconds})`;
    case 'skip':
      return `  skip ${text}: ${detail}`;
    case 'fail':
      return `  FAIL ${text} (${file}, ${seconds})\n       ${indented(detail)}`;
    case 'note':
      return `       ${indented(text)}`;
    case 'end':
      return '';
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
