import { PatternError } from './pattern.ts';

/** A text read one code point at a time. */
export class Characters {
  readonly #text: readonly string[];
  at = 0;

  constructor(text: string) {
    this.#text = [...text];
  }

  peek(offset = 0): string | undefined {
    return this.#text[this.at + offset];
  }

  next(): string | undefined {
    const character = this.#text[this.at];
    if (character !== undefined) this.at += 1;
    return character;
  }

  /** Takes `wanted` when it comes next. */
  take(wanted: string): boolean {
    if (this.peek() !== wanted) return false;
    this.at += 1;
    return true;
  }

  /** Takes at most `count` characters that match. */
  takeWhile(matches: RegExp, count: number): string {
    let taken = '';
    for (let character = this.peek(); character !== undefined; character = this.peek()) {
      if (taken.length >= count || !matches.test(character)) break;
      taken += character;
      this.at += 1;
    }
    return taken;
  }

  /** What stands before `end`, which is taken too; undefined when it does not come. */
  takeUntil(end: string): string | undefined {
    const stop = this.#text.indexOf(end, this.at);
    if (stop < 0) return undefined;
    const taken = this.#text.slice(this.at, stop).join('');
    this.at = stop + 1;
    return taken;
  }

  error(message: string, at = this.at): PatternError {
    return new PatternError(message, at);
  }
}

/** Escapes that are one character, in patterns and in replacements. `\b` is not among them: outside of a set and of a
 * replacement it is a word boundary. */
const simple: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

export const octalDigit = /^[0-7]$/;
export const digit = /^[0-9]$/;

/** `\n` and the like; undefined for other letters. */
export function simpleEscape(letter: string): number | undefined {
  return Object.hasOwn(simple, letter) ? simple[letter] : undefined;
}

/** `\x41`, `\u0041`, `\U00000041`: the letter is taken already. undefined for other letters. */
export function hexEscape(letter: string, source: Characters): number | undefined {
  const lengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
  const length = Object.hasOwn(lengths, letter) ? lengths[letter] : undefined;
  if (length === undefined) return undefined;
  const at = source.at - 2;
  const digits = source.takeWhile(/^[0-9A-Fa-f]$/, length);
  if (digits.length < length) throw source.error(`incomplete escape \\${letter}${digits}`, at);
  const codePoint = Number.parseInt(digits, 16);
  if (codePoint > 0x10ffff) throw source.error(`escape \\${letter}${digits} is no character`, at);
  return codePoint;
}

/** Three octal digits at most, as text; throws above \377. */
export function octalValue(digits: string, source: Characters): number {
  const value = Number.parseInt(digits, 8);
  if (value > 0o377) throw source.error(`octal escape \\${digits} above \\377`, source.at - digits.length - 1);
  return value;
}
