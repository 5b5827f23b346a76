import { parseCharacterSet } from './python-character-set.ts';
import { anyCharacter, classOf, equality, lineEnd, lineStart, literal, wordBoundary } from './python-characters.ts';
import { Characters, digit, hexEscape, octalDigit, octalValue, simpleEscape } from './python-escape.ts';
import { type Flags, noFlags, type Pattern, type PatternNode, type Width } from './python-pattern.ts';
import { widthOf } from './python-pattern-width.ts';

const maxPatternLength = 4_000;
const maxDepth = 50;
const maxRepeat = 0xffff_fffe;
const whitespace = /^[ \t\n\r\v\f]$/;

/** Reads a regular expression of Python 3.6's `re` for text. Throws PatternError. */
export function parsePythonPattern(text: string): Pattern {
  return new PatternParser(text).parse();
}

class PatternParser {
  readonly #source: Characters;
  readonly #names = new Map<string, number>();
  /** Widths of the closed groups by number; undefined while a group is open. */
  readonly #widths: (Width | undefined)[] = [{ min: 0, max: 0 }];
  /** Inside of a look-behind: the first group number that it defines itself and must not refer to. */
  #behindFrom: number | undefined;
  #depth = 0;

  constructor(text: string) {
    this.#source = new Characters(text);
    if (text.length > maxPatternLength) throw this.#source.error(`longer than ${maxPatternLength} characters`);
  }

  parse(): Pattern {
    const flags = this.#parseGlobalFlags();
    const root = this.#parseBranches(flags);
    if (this.#source.peek() !== undefined) throw this.#source.error('unbalanced parenthesis');
    return { root, groupCount: this.#widths.length - 1, groupNames: this.#names };
  }

  /** `(?im)`, only at the start: elsewhere Python 3.6 warns. */
  #parseGlobalFlags(): Flags {
    let flags = noFlags;
    for (;;) {
      const at = this.#source.at;
      if (!(this.#source.take('(') && this.#source.take('?'))) return this.#back(at, flags);
      const letters = this.#source.takeWhile(/^[aiLmsux]$/, 16);
      if (letters === '' || !this.#source.take(')')) return this.#back(at, flags);
      flags = this.#withFlags(flags, letters, true);
    }
  }

  #back(at: number, flags: Flags): Flags {
    this.#source.at = at;
    return flags;
  }

  #withFlags(flags: Flags, letters: string, value: boolean): Flags {
    const names: Readonly<Record<string, keyof Flags>> = {
      a: 'ascii',
      i: 'ignoreCase',
      m: 'multiline',
      s: 'dotAll',
      x: 'verbose',
    };
    let changed = flags;
    for (const letter of letters) {
      const name = names[letter];
      if (name !== undefined) changed = { ...changed, [name]: value };
      else if (letter !== 'u') throw this.#source.error(`the flag ${letter} is not for text`);
    }
    return changed;
  }

  #parseBranches(flags: Flags): PatternNode {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw this.#source.error('nested too deeply');
    const options = [this.#parseSequence(flags)];
    while (this.#source.take('|')) options.push(this.#parseSequence(flags));
    this.#depth -= 1;
    const [only] = options;
    return only !== undefined && options.length === 1 ? only : { type: 'branch', options };
  }

  #parseSequence(flags: Flags): PatternNode {
    const items: PatternNode[] = [];
    for (;;) {
      const character = this.#source.peek();
      if (character === undefined || character === '|' || character === ')') return { type: 'sequence', items };
      if (flags.verbose && this.#skipBlank(character)) continue;
      const quantifier = this.#parseQuantifier();
      if (quantifier !== undefined) {
        items.push(this.#repeat(items.pop(), quantifier));
        continue;
      }
      const item = this.#parseItem(flags);
      if (item !== undefined) items.push(item);
    }
  }

  /** White space and comments under the flag `x`. */
  #skipBlank(character: string): boolean {
    if (character === '#') {
      this.#source.takeUntil('\n') ?? this.#source.takeWhile(/^[^\n]$/, maxPatternLength);
      return true;
    }
    return whitespace.test(character) && this.#source.take(character);
  }

  /** undefined: what comes next is none (`{` may be a plain brace), and nothing is taken. */
  #parseQuantifier(): { readonly min: number; readonly max: number; readonly at: number } | undefined {
    const { at } = this.#source;
    if (this.#source.take('?')) return { min: 0, max: 1, at };
    if (this.#source.take('*')) return { min: 0, max: Number.POSITIVE_INFINITY, at };
    if (this.#source.take('+')) return { min: 1, max: Number.POSITIVE_INFINITY, at };
    if (this.#source.peek() !== '{' || this.#source.peek(1) === '}') return undefined;
    this.#source.next();
    const low = this.#source.takeWhile(digit, maxPatternLength);
    const high = this.#source.take(',') ? this.#source.takeWhile(digit, maxPatternLength) : low;
    if (!this.#source.take('}')) {
      this.#source.at = at;
      return undefined;
    }
    const min = low === '' ? 0 : Number(low);
    const max = high === '' ? Number.POSITIVE_INFINITY : Number(high);
    if (min > maxRepeat || (max !== Number.POSITIVE_INFINITY && max > maxRepeat)) {
      throw this.#source.error('the repetition number is too large', at);
    }
    if (max < min) throw this.#source.error('min repeat greater than max repeat', at);
    return { min, max, at };
  }

  #repeat(
    item: PatternNode | undefined,
    { min, max, at }: { readonly min: number; readonly max: number; readonly at: number },
  ): PatternNode {
    if (item === undefined || item.type === 'position') throw this.#source.error('nothing to repeat', at);
    if (item.type === 'repeat') throw this.#source.error('multiple repeat', at);
    return { type: 'repeat', item, min, max, lazy: this.#source.take('?') };
  }

  /** undefined for a comment. */
  #parseItem(flags: Flags): PatternNode | undefined {
    const character = this.#source.next() ?? '';
    switch (character) {
      case '.':
        return { type: 'character', accepts: anyCharacter(flags) };
      case '^':
        return { type: 'position', holds: lineStart(flags) };
      case '$':
        return { type: 'position', holds: lineEnd(flags) };
      case '[':
        return { type: 'character', accepts: parseCharacterSet(this.#source, flags) };
      case '(':
        return this.#parseGroup(flags);
      case '\\':
        return this.#parseEscape(flags);
      default:
        return literalNode(character.codePointAt(0) ?? 0, flags);
    }
  }

  #parseEscape(flags: Flags): PatternNode {
    const at = this.#source.at - 1;
    const letter = this.#source.next();
    switch (letter) {
      case undefined:
        throw this.#source.error('a backslash at the end', at);
      case 'A':
        return { type: 'position', holds: (_text, position) => position === 0 };
      case 'Z':
        return { type: 'position', holds: (text, position) => position === text.length };
      case 'b':
      case 'B':
        return { type: 'position', holds: wordBoundary(letter === 'B', flags) };
      case 'd':
      case 'D':
      case 's':
      case 'S':
      case 'w':
      case 'W':
        return { type: 'character', accepts: classOf(letter, flags) };
      case '0':
        return literalNode(Number.parseInt(`0${this.#source.takeWhile(octalDigit, 2)}`, 8), flags);
    }
    if (digit.test(letter)) return this.#parseNumber(letter, flags);
    const codePoint = simpleEscape(letter) ?? hexEscape(letter, this.#source);
    if (codePoint !== undefined) return literalNode(codePoint, flags);
    if (/^[A-Za-z]$/.test(letter)) throw this.#source.error(`the escape \\${letter} means nothing`, at);
    return literalNode(letter.codePointAt(0) ?? 0, flags);
  }

  /** `\1` or, with three octal digits, a character. */
  #parseNumber(first: string, flags: Flags): PatternNode {
    const at = this.#source.at - 2;
    const second = this.#source.takeWhile(digit, 1);
    if (octalDigit.test(first) && octalDigit.test(second) && octalDigit.test(this.#source.peek() ?? '')) {
      return literalNode(octalValue(first + second + (this.#source.next() ?? ''), this.#source), flags);
    }
    return this.#reference(Number(first + second), at, flags);
  }

  #reference(index: number, at: number, flags: Flags): PatternNode {
    if (index >= this.#widths.length) throw this.#source.error(`there is no group ${index} before`, at);
    if (this.#widths[index] === undefined) throw this.#source.error(`group ${index} is not closed yet`, at);
    this.#refuseBehindGroup(index, at);
    return { type: 'reference', index, equal: equality(flags) };
  }

  #refuseBehindGroup(index: number, at: number): void {
    if (this.#behindFrom === undefined || index < this.#behindFrom) return;
    throw this.#source.error('a reference to a group of the same look-behind', at);
  }

  /** The opening parenthesis is taken already. */
  #parseGroup(flags: Flags): PatternNode | undefined {
    const at = this.#source.at - 1;
    if (!this.#source.take('?')) return this.#parseCapture(undefined, flags, at);
    const kind = this.#source.next();
    switch (kind) {
      case ':':
        return this.#parseInside(flags, at);
      case '#':
        if (this.#source.takeUntil(')') === undefined) throw this.#source.error('a comment without end', at);
        return undefined;
      case 'P':
        return this.#parseNamed(flags, at);
      case '=':
      case '!':
        return { type: 'ahead', negated: kind === '!', item: this.#parseInside(flags, at) };
      case '<':
        return this.#parseBehind(flags, at);
      case '(':
        return this.#parseConditional(flags, at);
      default:
        return this.#parseScopedFlags(kind, flags, at);
    }
  }

  #parseInside(flags: Flags, at: number): PatternNode {
    const item = this.#parseBranches(flags);
    if (!this.#source.take(')')) throw this.#source.error('missing ), unterminated subpattern', at);
    // Groups without number are atoms too: (?:a+)* repeats a repetition.
    return { type: 'branch', options: [item] };
  }

  #parseCapture(name: string | undefined, flags: Flags, at: number): PatternNode {
    const index = this.#widths.length;
    this.#widths.push(undefined);
    if (name !== undefined) this.#names.set(name, index);
    const item = this.#parseInside(flags, at);
    this.#widths[index] = this.#width(item);
    return { type: 'group', index, item };
  }

  /** `(?P<name>…)` and `(?P=name)`. */
  #parseNamed(flags: Flags, at: number): PatternNode {
    if (this.#source.take('<')) {
      const name = this.#parseName('>', at);
      if (this.#names.has(name)) throw this.#source.error(`the group ${name} is there twice`, at);
      return this.#parseCapture(name, flags, at);
    }
    if (!this.#source.take('=')) throw this.#source.error('an extension (?P… that Python does not know', at);
    const name = this.#parseName(')', at);
    const index = this.#names.get(name);
    if (index === undefined) throw this.#source.error(`there is no group ${name} before`, at);
    return this.#reference(index, at, flags);
  }

  #parseName(end: string, at: number): string {
    const name = this.#source.takeUntil(end);
    if (name === undefined) throw this.#source.error(`a group name without ${end}`, at);
    if (!/^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(name)) {
      throw this.#source.error(`${JSON.stringify(name)} is no group name`, at);
    }
    return name;
  }

  #parseBehind(flags: Flags, at: number): PatternNode {
    const kind = this.#source.next();
    if (kind !== '=' && kind !== '!') throw this.#source.error('an extension (?<… that Python does not know', at);
    const outer = this.#behindFrom;
    this.#behindFrom = outer ?? this.#widths.length;
    const item = this.#parseInside(flags, at);
    this.#behindFrom = outer;
    const { min, max } = this.#width(item);
    if (min !== max) throw this.#source.error('look-behind requires fixed-width pattern', at);
    return { type: 'behind', negated: kind === '!', item, width: min };
  }

  /** `(?(1)yes|no)` */
  #parseConditional(flags: Flags, at: number): PatternNode {
    const name = this.#source.takeUntil(')') ?? '';
    const index = /^[0-9]+$/.test(name) ? Number(name) : this.#names.get(name);
    if (index === undefined || index < 1 || index >= this.#widths.length) {
      throw this.#source.error(`there is no group ${name} before`, at);
    }
    this.#refuseBehindGroup(index, at);
    const yes = this.#parseSequence(flags);
    const no: PatternNode = this.#source.take('|') ? this.#parseSequence(flags) : { type: 'sequence', items: [] };
    if (this.#source.peek() === '|') throw this.#source.error('a conditional with more than two branches', at);
    if (!this.#source.take(')')) throw this.#source.error('missing ), unterminated subpattern', at);
    return { type: 'conditional', index, yes, no };
  }

  /** `(?i:…)`, `(?i-s:…)` */
  #parseScopedFlags(first: string | undefined, flags: Flags, at: number): PatternNode {
    const rest = first === ')' ? undefined : this.#source.takeWhile(/^[aiLmsux-]$/, 16);
    const [, on, off = '', extra] = /^([aiLmsux]*)(?:-([imsx]+))?(.*)$/.exec(`${first ?? ''}${rest ?? ''}`) ?? [];
    if (on === undefined || extra !== '' || rest === undefined) {
      throw this.#source.error(`an extension (?${first ?? ''} that Python 3.6 does not know`, at);
    }
    if (this.#source.peek() === ')') throw this.#source.error('flags for the whole pattern not at its start', at);
    if (/[aLu]/.test(on) || [...on].some((letter) => off.includes(letter)) || !this.#source.take(':')) {
      throw this.#source.error(`the flags (?${on}${off === '' ? '' : `-${off}`} cannot be set here`, at);
    }
    return this.#parseInside(this.#withFlags(this.#withFlags(flags, on, true), off, false), at);
  }

  #width(node: PatternNode): Width {
    return widthOf(node, (index) => this.#widths[index] ?? { min: 0, max: Number.POSITIVE_INFINITY });
  }
}

function literalNode(codePoint: number, flags: Flags): PatternNode {
  return { type: 'character', accepts: literal(codePoint, flags) };
}
