import { parseCharacterSet } from './character-set.ts';
import { anyCharacter, classOf, equality, lineEnd, lineStart, literal, wordBoundary } from './characters.ts';
import { Characters, digit, hexEscape, octalDigit, octalValue, simpleEscape } from './escape.ts';
import { parseGlobalFlags, parseScopedFlags } from './flags.ts';
import type { Flags, Pattern, PatternNode, Width } from './pattern.ts';
import { widthOf } from './pattern-width.ts';
import { parseQuantifier, type Quantifier } from './quantifier.ts';

const maxPatternLength = 4_000;
const maxDepth = 50;
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
  /** Highest group that a conditional asks for: it may come later. */
  #conditionOn = { index: 0, at: 0 };
  #depth = 0;

  constructor(text: string) {
    this.#source = new Characters(text);
    if (text.length > maxPatternLength) throw this.#source.error(`longer than ${maxPatternLength} characters`);
  }

  parse(): Pattern {
    const flags = parseGlobalFlags(this.#source);
    const root = this.#parseBranches(flags);
    if (this.#source.peek() !== undefined) throw this.#source.error('unbalanced parenthesis');
    const groupCount = this.#widths.length - 1;
    const { index, at } = this.#conditionOn;
    if (index > groupCount) throw this.#source.error(`there is no group ${index}`, at);
    return { root, groupCount, groupNames: this.#names };
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
      const quantifier = parseQuantifier(this.#source);
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

  #repeat(item: PatternNode | undefined, { min, max, at }: Quantifier): PatternNode {
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
        return this.#parseInside(parseScopedFlags({ source: this.#source, flags, first: kind, at }), at);
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
    if (index === undefined || index < 1) throw this.#source.error(`there is no group ${name}`, at);
    if (index > this.#conditionOn.index) this.#conditionOn = { index, at };
    this.#refuseBehindGroup(index, at);
    const yes = this.#parseSequence(flags);
    const no: PatternNode = this.#source.take('|') ? this.#parseSequence(flags) : { type: 'sequence', items: [] };
    if (this.#source.peek() === '|') throw this.#source.error('a conditional with more than two branches', at);
    if (!this.#source.take(')')) throw this.#source.error('missing ), unterminated subpattern', at);
    return { type: 'conditional', index, yes, no };
  }

  #width(node: PatternNode): Width {
    return widthOf(node, (index) => this.#widths[index] ?? { min: 0, max: Number.POSITIVE_INFINITY });
  }
}

function literalNode(codePoint: number, flags: Flags): PatternNode {
  return { type: 'character', accepts: literal(codePoint, flags) };
}
