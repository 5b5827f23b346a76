import type { Labels } from '../../model/metric.ts';
import { MatchTooLong } from '../../python/matcher.ts';
import type { PythonPrefixMatch } from '../../python/prefix-match.ts';

export const matchModes = ['any', 'all'] as const;
/** `any`: one label is enough, as in the original (W16); `all`: the task must have all of them, and all must match. */
export type MatchMode = (typeof matchModes)[number];

/** A comparison that was given up: label or pattern need more work than the bounds allow. */
export interface TooLong {
  readonly tooLong: string;
}

/** Values of one label whose result is kept: labels seldom change, and a pattern may be slow. */
const maxKept = 4_096;

/**
 * Labels of a task against Python regular expressions. As with `re.match` these must fit at the beginning of the value,
 * not up to its end: `bar` matches `barbar`, `bar$` does not.
 */
export class LabelMatch {
  readonly #patterns: readonly LabelPattern[];
  readonly #mode: MatchMode;

  constructor(patterns: ReadonlyMap<string, PythonPrefixMatch>, mode: MatchMode) {
    this.#patterns = [...patterns].map(([label, pattern]) => new LabelPattern(label, pattern));
    this.#mode = mode;
  }

  /** Without labels to compare nothing matches. */
  test(labels: Labels): boolean | TooLong {
    if (this.#patterns.length === 0) return false;
    let tooLong: TooLong | undefined;
    for (const pattern of this.#patterns) {
      const matched = pattern.test(labels);
      if (typeof matched !== 'boolean') tooLong = matched;
      if (matched === true && this.#mode === 'any') return true;
      if (matched !== true && this.#mode === 'all') return matched;
    }
    return tooLong ?? this.#mode === 'all';
  }
}

class LabelPattern {
  readonly #label: string;
  readonly #pattern: PythonPrefixMatch;
  readonly #results = new Map<string, boolean | TooLong>();

  constructor(label: string, pattern: PythonPrefixMatch) {
    this.#label = label;
    this.#pattern = pattern;
  }

  test(labels: Labels): boolean | TooLong {
    const value = Object.hasOwn(labels, this.#label) ? labels[this.#label] : undefined;
    if (value === undefined) return false;
    const known = this.#results.get(value);
    if (known !== undefined) return known;
    if (this.#results.size >= maxKept) this.#results.clear();
    const result = this.#compare(value);
    this.#results.set(value, result);
    return result;
  }

  #compare(value: string): boolean | TooLong {
    try {
      return this.#pattern.matches(value);
    } catch (thrown) {
      if (!(thrown instanceof MatchTooLong)) throw thrown;
      return { tooLong: `label ${this.#label}: ${thrown.message}` };
    }
  }
}
