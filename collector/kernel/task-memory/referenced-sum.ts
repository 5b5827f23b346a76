const name = Buffer.from('Referenced:', 'latin1');
const newline = 0x0a;
const space = 0x20;
const tab = 0x09;
const zero = 0x30;

/** Where in a line the text so far ends. */
type Place = 'name' | 'blanks' | 'digits' | 'unit' | 'other';

/**
 * Adds up the `Referenced:` lines of /proc/PID/smaps or /proc/PID/smaps_rollup, in KiB, from text that comes in pieces;
 * Documentation/filesystems/proc.rst. Only the beginning of a line counts: names of mapped files cannot forge one, the
 * kernel writes their line ends as `\012`.
 * `Referenced:         1736 kB`
 */
export class ReferencedSum {
  #place: Place = 'name';
  /** Bytes of `name` that the current line has. */
  #matched = 0;
  #value = 0;
  #kibibytes = 0;
  #lines = 0;
  #isBroken = false;
  #isEmpty = true;

  /** Sum so far, exact below 2^53. */
  get kibibytes(): number {
    return this.#kibibytes;
  }

  /** Whether the text was what it should be: empty (a kernel thread), or with whole lines of the name. */
  get isWhole(): boolean {
    return this.#isEmpty || (!this.#isBroken && this.#lines > 0 && this.#place === 'name' && this.#matched === 0);
  }

  /** The next `length` bytes of the file. */
  add(bytes: Buffer, length: number): void {
    if (length > 0) this.#isEmpty = false;
    for (let i = 0; i < length; i += 1) {
      const byte = bytes[i] ?? 0;
      if (byte === newline) this.#endLine();
      else if (this.#place === 'other') {
        const end = bytes.indexOf(newline, i);
        if (end < 0 || end >= length) return;
        i = end - 1;
      } else this.#take(byte);
    }
  }

  #take(byte: number): void {
    if (this.#place === 'name') {
      this.#takeName(byte);
      return;
    }
    if (byte === space || byte === tab) {
      if (this.#place === 'digits') this.#place = 'unit';
      return;
    }
    if (this.#place === 'unit') return;
    const digit = byte - zero;
    if (digit < 0 || digit > 9) {
      this.#isBroken = true;
      this.#place = 'other';
      return;
    }
    this.#place = 'digits';
    this.#value = this.#value * 10 + digit;
  }

  #takeName(byte: number): void {
    if (byte !== name[this.#matched]) {
      this.#place = 'other';
      return;
    }
    this.#matched += 1;
    if (this.#matched === name.length) this.#place = 'blanks';
  }

  #endLine(): void {
    if (this.#place === 'digits' || this.#place === 'unit') {
      this.#kibibytes += this.#value;
      this.#lines += 1;
      if (!Number.isSafeInteger(this.#kibibytes)) this.#isBroken = true;
    } else if (this.#place === 'blanks') this.#isBroken = true;
    this.#place = 'name';
    this.#matched = 0;
    this.#value = 0;
  }
}
