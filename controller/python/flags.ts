import type { Characters } from './escape.ts';
import { type Flags, noFlags } from './pattern.ts';

const letters = /^[aiLmsux]$/;
const names: Readonly<Record<string, keyof Flags>> = {
  a: 'ascii',
  i: 'ignoreCase',
  m: 'multiline',
  s: 'dotAll',
  x: 'verbose',
};
const maxLetters = 16;

/** `(?im)` at the start of a pattern; elsewhere Python 3.6 warns, we refuse. Throws PatternError. */
export function parseGlobalFlags(source: Characters): Flags {
  let flags = noFlags;
  for (;;) {
    const { at } = source;
    const given = source.take('(') && source.take('?') ? source.takeWhile(letters, maxLetters) : '';
    if (given === '' || !source.take(')')) {
      source.at = at;
      return flags;
    }
    if (given.includes('L')) throw source.error('the flag L is not for text', at);
    flags = changeFlags(flags, given, true);
  }
}

export interface ScopedFlags {
  readonly source: Characters;
  /** Those outside. */
  readonly flags: Flags;
  /** What stands after `(?`; it is taken already. */
  readonly first: string | undefined;
  readonly at: number;
}

/** The flags inside of `(?i:…)`, `(?i-s:…)`, up to and with the colon. Throws PatternError for any other extension. */
export function parseScopedFlags({ source, flags, first, at }: ScopedFlags): Flags {
  const rest = first === ')' ? '' : source.takeWhile(/^[aiLmsux-]$/, maxLetters);
  const text = `${first ?? ''}${rest}`;
  const [, on, off = ''] = /^([aiLmsux]*)(?:-([imsx]+))?$/.exec(text) ?? [];
  if (on === undefined || text === '') {
    throw source.error(`an extension (?${first ?? ''} that Python 3.6 does not know`, at);
  }
  if (source.peek() === ')') throw source.error('flags for the whole pattern not at its start', at);
  if (/[aLu]/.test(on) || [...on].some((letter) => off.includes(letter)) || !source.take(':')) {
    throw source.error(`the flags (?${text} cannot be set here`, at);
  }
  return changeFlags(changeFlags(flags, on, true), off, false);
}

/** `u` is what text patterns are anyway. */
function changeFlags(flags: Flags, changed: string, value: boolean): Flags {
  let result = flags;
  for (const letter of changed) {
    const name = names[letter];
    if (name !== undefined) result = { ...result, [name]: value };
  }
  return result;
}
