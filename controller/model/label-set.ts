import type { Labels } from './metric.ts';

/**
 * The labels of one series, sorted by name and rendered once: `cpu="0",host="n1"`. Lives as long as its series, so
 * that no label is escaped or sorted twice.
 */
export class LabelSet {
  readonly pairs: readonly (readonly [name: string, value: string])[];
  /** Exposition text between the braces; empty without labels. */
  readonly text: string;

  constructor(labels: Labels) {
    this.pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.text = this.pairs.map(([name, value]) => `${name}="${escapeLabelValue(value)}"`).join(',');
  }

  toRecord(): Labels {
    return Object.fromEntries(this.pairs);
  }

  /** A label set of the names that `keep` allows; itself when that is all of them. */
  filter(keep: (name: string) => boolean): LabelSet {
    const kept = this.pairs.filter(([name]) => keep(name));
    return kept.length === this.pairs.length ? this : new LabelSet(Object.fromEntries(kept));
  }
}

/** Escaping of label values in the Prometheus text format: backslash, newline, double quote. */
export function escapeLabelValue(value: string): string {
  return /[\\\n"]/.test(value) ? value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"') : value;
}

/**
 * Order of series inside a family (spec, config §5.2): pair by pair; digit-only values compare as numbers and stand
 * before text (the original crashes on the mix); a shorter list first.
 */
export function compareLabelSets(a: LabelSet, b: LabelSet): number {
  const shared = Math.min(a.pairs.length, b.pairs.length);
  for (let i = 0; i < shared; i += 1) {
    const [nameA, valueA] = a.pairs[i] ?? ['', ''];
    const [nameB, valueB] = b.pairs[i] ?? ['', ''];
    if (nameA !== nameB) return nameA < nameB ? -1 : 1;
    const order = compareLabelValues(valueA, valueB);
    if (order !== 0) return order;
  }
  return a.pairs.length - b.pairs.length;
}

function compareLabelValues(a: string, b: string): number {
  if (a === b) return 0;
  const digitsA = isDigits(a);
  const digitsB = isDigits(b);
  if (digitsA !== digitsB) return digitsA ? -1 : 1;
  if (digitsA) {
    const order = compareNumbers(a, b);
    if (order !== 0) return order;
  }
  return a < b ? -1 : 1;
}

/** Digits of any length as numbers, without making any: the longer one is the larger. */
function compareNumbers(a: string, b: string): number {
  const digitsA = a.replace(/^0+/, '');
  const digitsB = b.replace(/^0+/, '');
  if (digitsA.length !== digitsB.length) return digitsA.length - digitsB.length;
  return digitsA === digitsB ? 0 : digitsA < digitsB ? -1 : 1;
}

/** Called for each comparison of a sort: most values are text and are known by their first character. */
function isDigits(text: string): boolean {
  const first = text.charCodeAt(0);
  return first >= 48 && first <= 57 && /^[0-9]+$/.test(text);
}
