import { Characters, digit, octalDigit, octalValue, simpleEscape } from './escape.ts';
import type { Pattern } from './pattern.ts';

/** A replacement: literal text and numbers of groups. */
export type Template = readonly (string | number)[];

/**
 * Reads a replacement of Python 3.6 (spec allocation-detection §6.5). `\1`, `\g<1>`, `\g<name>` are groups, `\0` and
 * three octal digits a character; `$1` is text. A backslash before a letter that means nothing is refused, as it is
 * from Python 3.7 on; before punctuation it stays. Throws PatternError.
 */
export function parseTemplate(text: string, pattern: Pattern): Template {
  const source = new Characters(text);
  const parts: (string | number)[] = [];
  let literal = '';
  for (let character = source.next(); character !== undefined; character = source.next()) {
    const part = character === '\\' ? parseEscape(source, pattern) : character;
    if (typeof part === 'string') {
      literal += part;
      continue;
    }
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push(part);
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

/** The backslash is taken already. */
function parseEscape(source: Characters, pattern: Pattern): string | number {
  const letter = source.next();
  if (letter === undefined) throw source.error('a backslash at the end', source.at - 1);
  if (letter === 'g') return parseGroupName(source, pattern);
  if (letter === '0') return String.fromCodePoint(Number.parseInt(`0${source.takeWhile(octalDigit, 2)}`, 8) & 0xff);
  if (digit.test(letter)) return parseNumber(letter, source, pattern);
  if (letter === 'b') return '\b';
  if (letter === '\\') return '\\';
  const simple = simpleEscape(letter);
  if (simple !== undefined) return String.fromCodePoint(simple);
  if (/^[A-Za-z]$/.test(letter)) throw source.error(`the escape \\${letter} means nothing`, source.at - 2);
  return `\\${letter}`;
}

/** `\1`, `\10`, `\101`: up to two digits name a group, three octal ones a character. */
function parseNumber(first: string, source: Characters, pattern: Pattern): string | number {
  const at = source.at - 2;
  const second = source.takeWhile(digit, 1);
  if (octalDigit.test(first) && octalDigit.test(second) && octalDigit.test(source.peek() ?? '')) {
    return String.fromCodePoint(octalValue(first + second + (source.next() ?? ''), source));
  }
  return checkGroup({ index: Number(first + second), at, source, pattern });
}

function parseGroupName(source: Characters, pattern: Pattern): number {
  const at = source.at - 2;
  if (!source.take('<')) throw source.error('\\g without <group>', at);
  const name = source.takeUntil('>');
  if (name === undefined) throw source.error('\\g< without >', at);
  if (/^[0-9]+$/.test(name)) return checkGroup({ index: Number(name), at, source, pattern });
  const index = pattern.groupNames.get(name);
  if (index === undefined) throw source.error(`there is no group ${JSON.stringify(name)}`, at);
  return index;
}

interface GroupCheck {
  readonly index: number;
  readonly at: number;
  readonly source: Characters;
  readonly pattern: Pattern;
}

function checkGroup({ index, at, source, pattern }: GroupCheck): number {
  if (index > pattern.groupCount) throw source.error(`there is no group ${index}`, at);
  return index;
}
