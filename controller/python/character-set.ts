import { characterSet, classOf } from './characters.ts';
import { type Characters, hexEscape, octalDigit, octalValue, simpleEscape } from './escape.ts';
import type { Flags } from './pattern.ts';

type Accepts = (codePoint: number) => boolean;
type Member = { readonly codePoint: number } | { readonly accepts: Accepts };

/** `[…]`; the opening bracket is taken already. A `]` that comes first is a member. Throws PatternError. */
export function parseCharacterSet(source: Characters, flags: Flags): Accepts {
  const at = source.at - 1;
  const negated = source.take('^');
  const first = source.at;
  const members: Accepts[] = [];
  for (;;) {
    if (source.at > first && source.take(']')) return characterSet(members, negated, flags);
    const low = parseMember(source, flags, at);
    const rangeAt = source.at;
    if (!source.take('-')) {
      members.push(acceptsOf(low));
      continue;
    }
    if (source.peek() === ']') {
      members.push(acceptsOf(low), (codePoint) => codePoint === 0x2d);
      continue;
    }
    const high = parseMember(source, flags, at);
    if ('accepts' in low || 'accepts' in high) throw source.error('a range with a class', rangeAt);
    if (high.codePoint < low.codePoint) throw source.error('a range that goes down', rangeAt);
    members.push((codePoint) => codePoint >= low.codePoint && codePoint <= high.codePoint);
  }
}

function acceptsOf(member: Member): Accepts {
  return 'accepts' in member ? member.accepts : (codePoint) => codePoint === member.codePoint;
}

function parseMember(source: Characters, flags: Flags, setAt: number): Member {
  const character = source.next();
  if (character === undefined) throw source.error('unterminated character set', setAt);
  if (character !== '\\') return { codePoint: character.codePointAt(0) ?? 0 };
  const at = source.at - 1;
  const letter = source.next();
  switch (letter) {
    case undefined:
      throw source.error('a backslash at the end', at);
    case 'd':
    case 'D':
    case 's':
    case 'S':
    case 'w':
    case 'W':
      return { accepts: classOf(letter, flags) };
    case 'b':
      return { codePoint: 8 };
  }
  if (octalDigit.test(letter)) return { codePoint: octalValue(letter + source.takeWhile(octalDigit, 2), source) };
  const codePoint = simpleEscape(letter) ?? hexEscape(letter, source);
  if (codePoint !== undefined) return { codePoint };
  if (/^[A-Za-z0-9]$/.test(letter)) throw source.error(`the escape \\${letter} means nothing`, at);
  return { codePoint: letter.codePointAt(0) ?? 0 };
}
