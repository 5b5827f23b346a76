import { Matcher, MatchTooLong } from './matcher.ts';
import { parsePythonPattern } from './pattern-parser.ts';

/** Names and lines of kernel files; what is longer is not looked at. */
const maxInputLength = 4_096;
/** Some milliseconds. */
const maxSteps = 50_000;

/** `re.match(pattern, text)` of Python: the pattern must fit at the beginning of the text, not up to its end. */
export class PythonPrefixMatch {
  readonly pattern: string;
  /** How many groups the pattern has, group 0 not counted. */
  readonly groupCount: number;
  readonly #matcher: Matcher;

  /** Throws PatternError for what Python does not take. */
  constructor(pattern: string) {
    const parsed = parsePythonPattern(pattern);
    this.pattern = pattern;
    this.groupCount = parsed.groupCount;
    this.#matcher = new Matcher(parsed);
  }

  /**
   * What the groups took, group 0 first, undefined for one that took no part; undefined when nothing matches. Throws
   * MatchTooLong when text or pattern need more work than a name is worth.
   */
  groups(text: string): readonly (string | undefined)[] | undefined {
    if (text.length > maxInputLength) throw new MatchTooLong(`text of more than ${maxInputLength} characters`);
    const characters = Array.from(text);
    this.#matcher.begin(
      characters.map((character) => character.codePointAt(0) ?? 0),
      maxSteps,
    );
    try {
      const match = this.#matcher.matchAt(0);
      return match?.groups.map((group) => group && characters.slice(...group).join(''));
    } catch (thrown) {
      if (thrown instanceof RangeError) throw new MatchTooLong('the pattern nests too deeply on this text');
      throw thrown;
    }
  }

  /** Whether it matches. Throws as `groups`. */
  matches(text: string): boolean {
    return this.groups(text) !== undefined;
  }
}
