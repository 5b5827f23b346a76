import { Checker, TooManyValues } from './checker.ts';
import type { ComponentContext } from './context.ts';
import { configurationError, formatProblem } from './problem-text.ts';
import { Registry } from './registry.ts';
import type { Problem, Type } from './site.ts';
import { parseYaml } from './yaml-document.ts';

export interface ListText<T> {
  /** For messages. */
  readonly file: string;
  readonly text: string;
  /** For `!Env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Type of the whole list. */
  readonly type: Type<readonly T[]>;
  /** `a list of rules` */
  readonly what: string;
}

/** A list has values only: nothing in it is made with what a controller has. */
const noComponents: ComponentContext = {
  get host(): never {
    throw new Error('a list has no components');
  },
  get clock(): never {
    throw new Error('a list has no components');
  },
  logger(): never {
    throw new Error('a list has no components');
  },
};

/**
 * The list that a YAML text is. Throws INVALID_CONFIG that names every problem with its place; `notes` are about what is
 * accepted but of no use.
 */
export function parseListFile<T>({ file, text, env, type, what }: ListText<T>): {
  readonly items: readonly T[];
  readonly notes: readonly string[];
} {
  const { root, problems: yamlProblems } = parseYaml(text, env);
  const problems: Problem[] = yamlProblems.map((problem) => ({ ...problem, field: '' }));
  if (problems.length > 0) throw configurationError(file, problems);
  const start = { line: 1, column: 1 };
  if (root === undefined) {
    throw configurationError(file, [{ at: start, field: '', reason: 'the file is empty', allowed: what }]);
  }
  const checker = new Checker(new Registry(), () => false);
  try {
    const make = type.check(root, checker.site('', problems));
    if (make === undefined) throw configurationError(file, problems);
    const notes = checker.notes.map(({ at, field, text: reason }) =>
      formatProblem(file, { at, field, reason, allowed: '' }),
    );
    return { items: make(noComponents), notes };
  } catch (thrown) {
    if (!(thrown instanceof TooManyValues)) throw thrown;
    throw configurationError(file, [{ at: start, field: '', reason: thrown.message, allowed: '' }]);
  }
}
