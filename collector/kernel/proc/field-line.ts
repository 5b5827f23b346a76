const space = 0x20;
const tab = 0x09;
const newline = 0x0a;
const underscore = 0x5f;

/** What a line is: `field`, a name and a number; `heading`, which says what the following fields belong to. */
type LineKind = 'field' | 'heading' | 'other';

/**
 * How the lines of a table begin:
 * - `flat` (/proc/vmstat): a field begins with its name, and there are no headings: `pgfault 2448458`;
 * - `indented` (/proc/zoneinfo): fields begin with blanks, or with `  pages ` and blanks; every line that does not begin
 *   with a blank is a heading, and so is `  per-node stats`.
 */
export type LineStyle = 'flat' | 'indented';

const pages = Buffer.from('  pages ', 'latin1');
const perNode = Buffer.from('  per-node stats', 'latin1');

/** Looks at one line of a table of named numbers; what it finds stays in it until the next line. Makes no garbage. */
export class FieldLine {
  readonly #style: LineStyle;
  #keyAt = 0;
  #keyEnd = 0;
  #end = 0;

  constructor(style: LineStyle) {
    this.#style = style;
  }

  /** Offsets of the last field's name: [keyAt, keyEnd). A blank follows. */
  get keyAt(): number {
    return this.#keyAt;
  }

  get keyEnd(): number {
    return this.#keyEnd;
  }

  /** Offset of the last line's end: of its newline, or the end of the text. */
  get end(): number {
    return this.#end;
  }

  /**
   * Looks at the line that begins at `at`. A field is a name of letters, digits and underscores, blanks, and what begins
   * with a digit: a line with a colon behind its first word is none.
   */
  look(text: Uint8Array, at: number, limit: number): LineKind {
    const kind = this.#lookAtStart(text, at, limit);
    while (this.#end < limit && text[this.#end] !== newline) this.#end++;
    return kind;
  }

  #lookAtStart(text: Uint8Array, at: number, limit: number): LineKind {
    this.#end = at;
    if (this.#style === 'flat') return this.#lookAtField(text, at, limit);
    if (!isBlank(text[at])) return at < limit && text[at] !== newline ? 'heading' : 'other';
    if (startsWith(text, at, limit, perNode)) return 'heading';
    return this.#lookAtField(text, startsWith(text, at, limit, pages) ? at + pages.length : at, limit);
  }

  #lookAtField(text: Uint8Array, from: number, limit: number): LineKind {
    let at = from;
    while (at < limit && isBlank(text[at])) at++;
    this.#keyAt = at;
    while (at < limit && isNameByte(text[at] ?? 0)) at++;
    this.#keyEnd = at;
    while (at < limit && isBlank(text[at])) at++;
    this.#end = at;
    const isField = this.#keyEnd > this.#keyAt && at > this.#keyEnd && at < limit && isDigit(text[at]);
    return isField ? 'field' : 'other';
  }
}

/** Whether `text` has exactly `prefix` at `at`. */
function startsWith(text: Uint8Array, at: number, limit: number, prefix: Uint8Array): boolean {
  if (at + prefix.length > limit) return false;
  for (let i = 0; i < prefix.length; i++) if (text[at + i] !== prefix[i]) return false;
  return true;
}

export function isBlank(byte: number | undefined): boolean {
  return byte === space || byte === tab;
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isNameByte(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === underscore;
}
