import { WcaError } from '../../shared/errors/wca-error.ts';

/** A pattern of cgroup paths, ready to be compared. */
export interface PathGlob {
  readonly segments: readonly string[];
}

/**
 * `/docker/*`, `/kubepods.slice/**`: `*` is any text within a segment, `?` one character of it, `**` as a segment any
 * number of segments, none included. A leading slash may be left out. Throws INVALID_CONFIG for an empty pattern.
 */
export function parsePathGlob(text: string): PathGlob {
  const segments = text.split('/').filter((segment) => segment !== '');
  if (text !== '' && text.length <= 400) return { segments };
  throw new WcaError('INVALID_CONFIG', {
    subject: `pattern ${JSON.stringify(text.slice(0, 40))}`,
    message: text === '' ? 'is empty' : 'is longer than 400 characters',
    remedy: 'write a pattern of cgroup paths such as /docker/*',
  });
}

/** Whether the whole path matches. Time is bounded by the product of the lengths, whatever the pattern. Pure. */
export function matchesPath(glob: PathGlob, path: string): boolean {
  const names = path.split('/').filter((segment) => segment !== '');
  return matchList({
    patternLength: glob.segments.length,
    textLength: names.length,
    isStar: (i) => glob.segments[i] === '**',
    fits: (i, k) => matchesSegment(glob.segments[i] ?? '', names[k] ?? ''),
  });
}

function matchesSegment(pattern: string, text: string): boolean {
  return matchList({
    patternLength: pattern.length,
    textLength: text.length,
    isStar: (i) => pattern[i] === '*',
    fits: (i, k) => pattern[i] === '?' || pattern[i] === text[k],
  });
}

interface Lists {
  readonly patternLength: number;
  readonly textLength: number;
  /** Whether item `i` of the pattern stands for any number of items. */
  readonly isStar: (i: number) => boolean;
  /** Whether item `i` of the pattern stands for item `k` of the text. */
  readonly fits: (i: number, k: number) => boolean;
}

/** Wildcards: only the last star ever has to be tried again, one item longer. */
function matchList({ patternLength, textLength, isStar, fits }: Lists): boolean {
  let i = 0;
  let k = 0;
  let star = -1;
  let resume = 0;
  while (k < textLength) {
    if (i < patternLength && isStar(i)) {
      star = i;
      resume = k;
      i += 1;
    } else if (i < patternLength && fits(i, k)) {
      i += 1;
      k += 1;
    } else if (star >= 0) {
      resume += 1;
      k = resume;
      i = star + 1;
    } else {
      return false;
    }
  }
  while (i < patternLength && isStar(i)) i += 1;
  return i === patternLength;
}
