import { PatternError } from '../python/pattern.ts';
import { PythonPrefixMatch } from '../python/prefix-match.ts';
import { describeNode } from './config-node.ts';
import type { Type } from './site.ts';

const maxPatternLength = 400;

export interface PatternOptions {
  /** How many groups the pattern must have. */
  readonly groups?: number;
}

/**
 * The original's `Union[bool, Str]` of optional measurements: `true` takes all fields, `false` none, a Python regular
 * expression those that it matches at their beginning. An expression that Python refuses is told with the reason.
 */
export function boolOrPattern({ groups }: PatternOptions = {}): Type<boolean | PythonPrefixMatch> {
  const label = `true, false or a Python regular expression${groups === undefined ? '' : ` with ${groups} groups`}`;
  return {
    label,
    check(node, site) {
      const scalar = node.kind === 'scalar' ? node.scalar : undefined;
      if (scalar?.type === 'bool') return () => scalar.value;
      if (scalar?.type !== 'str') return site.problem(node, `got ${describeNode(node)}`, label);
      const wrong = (reason: string): undefined => site.problem(node, `got ${describeNode(node)}, ${reason}`, label);
      if (scalar.value.length > maxPatternLength) return wrong(`longer than ${maxPatternLength} characters`);
      const pattern = compile(scalar.value);
      if (typeof pattern === 'string') return wrong(pattern);
      if (groups !== undefined && pattern.groupCount !== groups) {
        return wrong(`it has ${pattern.groupCount === 1 ? '1 group' : `${pattern.groupCount} groups`}`);
      }
      return () => pattern;
    },
  };
}

/** The compiled pattern, or why there is none. */
function compile(text: string): PythonPrefixMatch | string {
  try {
    return new PythonPrefixMatch(text);
  } catch (thrown) {
    if (thrown instanceof PatternError) return thrown.message;
    throw thrown;
  }
}
