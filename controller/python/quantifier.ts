import { type Characters, digit } from './escape.ts';

const maxRepeat = 0xffff_fffe;
const maxDigits = 4_000;

/** `*`, `{2,3}`; without the `?` that makes it lazy. */
export interface Quantifier {
  readonly min: number;
  /** Infinity without a bound. */
  readonly max: number;
  /** Where it begins. */
  readonly at: number;
}

/** undefined: what comes next is none (`{` may be a plain brace), and nothing is taken. Throws PatternError. */
export function parseQuantifier(source: Characters): Quantifier | undefined {
  const { at } = source;
  if (source.take('?')) return { min: 0, max: 1, at };
  if (source.take('*')) return { min: 0, max: Number.POSITIVE_INFINITY, at };
  if (source.take('+')) return { min: 1, max: Number.POSITIVE_INFINITY, at };
  if (source.peek() !== '{' || source.peek(1) === '}') return undefined;
  source.next();
  const low = source.takeWhile(digit, maxDigits);
  const high = source.take(',') ? source.takeWhile(digit, maxDigits) : low;
  if (!source.take('}')) {
    source.at = at;
    return undefined;
  }
  const min = low === '' ? 0 : Number(low);
  const max = high === '' ? Number.POSITIVE_INFINITY : Number(high);
  if (min > maxRepeat || (max !== Number.POSITIVE_INFINITY && max > maxRepeat)) {
    throw source.error('the repetition number is too large', at);
  }
  if (max < min) throw source.error('min repeat greater than max repeat', at);
  return { min, max, at };
}
