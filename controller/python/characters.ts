import type { Flags } from './pattern.ts';

type Accepts = (codePoint: number) => boolean;

const newline = 0x0a;

/** The classes of Python's str patterns: they follow Unicode unless the flag `a` is set. */
export function classOf(letter: 'd' | 'D' | 's' | 'S' | 'w' | 'W', flags: Flags): Accepts {
  const accepts = positiveClass(letter.toLowerCase(), flags.ascii);
  return letter === letter.toLowerCase() ? accepts : (codePoint) => !accepts(codePoint);
}

function positiveClass(letter: string, ascii: boolean): Accepts {
  if (letter === 'd') return ascii ? isAsciiDigit : isDigit;
  if (letter === 's') return ascii ? isAsciiSpace : isSpace;
  return ascii ? isAsciiWord : isWord;
}

function isAsciiDigit(codePoint: number): boolean {
  return codePoint >= 0x30 && codePoint <= 0x39;
}

function isDigit(codePoint: number): boolean {
  return codePoint < 128 ? isAsciiDigit(codePoint) : /^\p{Nd}$/u.test(String.fromCodePoint(codePoint));
}

function isAsciiSpace(codePoint: number): boolean {
  return codePoint === 0x20 || (codePoint >= 0x09 && codePoint <= 0x0d);
}

/** str.isspace: U+001C to U+001F and U+0085 count, U+FEFF does not, unlike in JavaScript. */
function isSpace(codePoint: number): boolean {
  if (isAsciiSpace(codePoint) || (codePoint >= 0x1c && codePoint <= 0x1f) || codePoint === 0x85) return true;
  return codePoint > 0x85 && /^[\p{Zs}\u2028\u2029]$/u.test(String.fromCodePoint(codePoint));
}

function isAsciiWord(codePoint: number): boolean {
  return (
    isAsciiDigit(codePoint) ||
    (codePoint >= 0x41 && codePoint <= 0x5a) ||
    (codePoint >= 0x61 && codePoint <= 0x7a) ||
    codePoint === 0x5f
  );
}

/** str.isalnum or underscore: letters and numbers, but not the marks that combine with them. */
function isWord(codePoint: number): boolean {
  return codePoint < 128 ? isAsciiWord(codePoint) : /^[\p{L}\p{N}]$/u.test(String.fromCodePoint(codePoint));
}

/** `.` */
export function anyCharacter(flags: Flags): Accepts {
  return flags.dotAll ? () => true : (codePoint) => codePoint !== newline;
}

export function literal(wanted: number, flags: Flags): Accepts {
  if (!flags.ignoreCase) return (codePoint) => codePoint === wanted;
  const equal = equality(flags);
  return (codePoint) => equal(codePoint, wanted);
}

/** `[…]`; with the flag `i` a character is in the set when one of its cases is. */
export function characterSet(members: readonly Accepts[], negated: boolean, flags: Flags): Accepts {
  const inSet: Accepts = (codePoint) => members.some((accepts) => accepts(codePoint));
  const found: Accepts = flags.ignoreCase ? (codePoint) => casesOf(codePoint, flags.ascii).some(inSet) : inSet;
  return negated ? (codePoint) => !found(codePoint) : found;
}

/** Whether two characters are the same under the flags. */
export function equality(flags: Flags): (a: number, b: number) => boolean {
  if (!flags.ignoreCase) return (a, b) => a === b;
  return (a, b) => a === b || fold(a, flags.ascii) === fold(b, flags.ascii);
}

function casesOf(codePoint: number, ascii: boolean): readonly number[] {
  return [codePoint, lower(codePoint, ascii), upper(codePoint, ascii), fold(codePoint, ascii)];
}

/** Over the upper case, so that ſ and s, µ and μ are the same as in Python's table of equivalents. */
function fold(codePoint: number, ascii: boolean): number {
  return lower(upper(codePoint, ascii), ascii);
}

function lower(codePoint: number, ascii: boolean): number {
  if (ascii || codePoint < 128) return codePoint >= 0x41 && codePoint <= 0x5a ? codePoint + 32 : codePoint;
  return single(String.fromCodePoint(codePoint).toLowerCase(), codePoint);
}

function upper(codePoint: number, ascii: boolean): number {
  if (ascii || codePoint < 128) return codePoint >= 0x61 && codePoint <= 0x7a ? codePoint - 32 : codePoint;
  return single(String.fromCodePoint(codePoint).toUpperCase(), codePoint);
}

/** The one character of a text; what changes into several (ß to SS) stays itself. */
function single(text: string, otherwise: number): number {
  const [codePoint, ...rest] = [...text].map((character) => character.codePointAt(0) ?? otherwise);
  return rest.length === 0 && codePoint !== undefined ? codePoint : otherwise;
}

type Holds = (text: readonly number[], at: number) => boolean;

/** `^` */
export function lineStart(flags: Flags): Holds {
  return flags.multiline ? (text, at) => at === 0 || text[at - 1] === newline : (_text, at) => at === 0;
}

/** `$`: the end, also before a newline that ends the text; with `m` before each newline. */
export function lineEnd(flags: Flags): Holds {
  if (flags.multiline) return (text, at) => at === text.length || text[at] === newline;
  return (text, at) => at === text.length || (at === text.length - 1 && text[at] === newline);
}

/** `\b`, and `\B`, which in Python never holds in an empty text. */
export function wordBoundary(negated: boolean, flags: Flags): Holds {
  const word = classOf('w', flags);
  return (text, at) => {
    if (text.length === 0) return false;
    const before = text[at - 1];
    const after = text[at];
    const boundary = (before !== undefined && word(before)) !== (after !== undefined && word(after));
    return boundary !== negated;
  };
}
