import { type Match, Matcher, MatchTooLong } from './matcher.ts';
import type { Pattern } from './pattern.ts';
import { parsePythonPattern } from './pattern-parser.ts';
import { parseTemplate, type Template } from './template.ts';

/** Label values are names; one that is longer is not looked at. */
export const maxInputLength = 4_096;
/** Some ten milliseconds. */
const maxSteps = 200_000;
const maxOutputLength = 65_536;

/**
 * `re.sub(pattern, replacement, text)` of Python 3.6 (spec allocation-detection §6.5): every match from left to right
 * is replaced; an empty match directly after another match is not, unlike in later versions and in JavaScript.
 */
export class PythonSubstitution {
  readonly #matcher: Matcher;
  readonly #template: Template;

  /** Throws PatternError for what Python does not take either, and for flags in the middle of a pattern. */
  constructor(pattern: string, replacement: string) {
    const parsed: Pattern = parsePythonPattern(pattern);
    this.#matcher = new Matcher(parsed);
    this.#template = parseTemplate(replacement, parsed);
  }

  /** Throws MatchTooLong when text or pattern need more work than a label is worth. */
  apply(text: string): string {
    if (text.length > maxInputLength) throw new MatchTooLong(`text of more than ${maxInputLength} characters`);
    const codePoints = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    this.#matcher.begin(codePoints, maxSteps);
    try {
      return this.#substitute(codePoints);
    } catch (thrown) {
      if (thrown instanceof RangeError) throw new MatchTooLong('the pattern nests too deeply on this text');
      throw thrown;
    }
  }

  #substitute(text: readonly number[]): string {
    let result = '';
    let copied = 0;
    let replaced = false;
    let from = 0;
    for (;;) {
      const match = from <= text.length ? this.#matcher.search(from) : undefined;
      if (match === undefined) return result + textOf(text, copied, text.length);
      const { start, end } = match;
      const emptyAfterMatch = start === end && copied === start && replaced;
      if (!emptyAfterMatch) {
        result += textOf(text, copied, start) + this.#expand(match, text);
        copied = end;
        replaced = true;
        if (result.length > maxOutputLength)
          throw new MatchTooLong(`a result of more than ${maxOutputLength} characters`);
      }
      from = start === end ? end + 1 : end;
    }
  }

  #expand({ groups }: Match, text: readonly number[]): string {
    let result = '';
    for (const part of this.#template) {
      if (typeof part === 'string') {
        result += part;
        continue;
      }
      const [start, end] = groups[part] ?? [0, 0];
      result += textOf(text, start, end);
    }
    return result;
  }
}

function textOf(text: readonly number[], start: number, end: number): string {
  let result = '';
  for (let i = start; i < end; i += 1) result += String.fromCodePoint(text[i] ?? 0);
  return result;
}
