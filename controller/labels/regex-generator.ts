import { WcaError } from '../../shared/errors/wca-error.ts';
import { defineComponent } from '../config/component.ts';
import { required, withDefault } from '../config/parameters.ts';
import { str } from '../config/types.ts';
import type { Task } from '../model/task.ts';
import { MatchTooLong } from '../python/matcher.ts';
import { PatternError } from '../python/pattern.ts';
import { PythonSubstitution } from '../python/substitution.ts';
import type { TaskLabelGenerator } from './label-generator.ts';

export interface RegexGeneratorOptions {
  /** A Python regular expression. */
  readonly pattern: string;
  /** A Python replacement: `\1`, `\g<name>`. */
  readonly repl: string;
  /** The label to read. */
  readonly source: string;
}

/** Each match of a pattern in one label replaced (spec allocation-detection §6.3). */
export class TaskLabelRegexGenerator implements TaskLabelGenerator {
  readonly #substitution: PythonSubstitution;
  readonly #source: string;

  /** Throws INVALID_CONFIG for a pattern or a replacement that Python 3.6 would not take. */
  constructor({ pattern, repl, source }: RegexGeneratorOptions) {
    this.#source = source;
    try {
      this.#substitution = new PythonSubstitution(pattern, repl);
      this.#substitution.apply('');
    } catch (thrown) {
      if (!(thrown instanceof PatternError || thrown instanceof MatchTooLong)) throw thrown;
      throw new WcaError('INVALID_CONFIG', {
        subject: 'TaskLabelRegexGenerator',
        message: `pattern ${JSON.stringify(pattern)}, repl ${JSON.stringify(repl)}: ${thrown.message}`,
        remedy: 'write them as for re.sub of Python 3.6',
        cause: thrown,
      });
    }
  }

  /**
   * The source label with all matches replaced; undefined when the task does not have it. Throws LIMIT_REACHED when
   * the label is very long or the pattern goes back and forth in it.
   */
  generate(task: Task): string | undefined {
    const value = Object.hasOwn(task.labels, this.#source) ? task.labels[this.#source] : undefined;
    if (value === undefined) return undefined;
    try {
      return this.#substitution.apply(value);
    } catch (thrown) {
      if (!(thrown instanceof MatchTooLong)) throw thrown;
      throw new WcaError('LIMIT_REACHED', {
        subject: `label ${this.#source} of task ${task.id}`,
        message: thrown.message,
        remedy: 'write the pattern so that it has one way to match',
        cause: thrown,
      });
    }
  }
}

/** The tag !TaskLabelRegexGenerator. */
export const taskLabelRegexGenerator = defineComponent({
  tag: 'TaskLabelRegexGenerator',
  kind: 'labels',
  since: 'seed',
  doc: 'Makes a label of another one: each match of a pattern is replaced, as re.sub of Python 3.6 does it. Without a match the label is a copy; without the source label there is none.',
  parameters: {
    pattern: required(str({ maxLength: 4_000 }), { doc: 'Python regular expression.' }),
    repl: required(str({ maxLength: 4_000 }), {
      doc: String.raw`Replacement; groups as \1, \g<1>, \g<name>.`,
    }),
    source: withDefault(str(), 'task_name', { doc: 'The label to read.' }),
  },
  example: String.raw`!TaskLabelRegexGenerator
  pattern: '.*-(\d+)-.{36}'
  repl: '\1'
  source: task_name`,
  create: ({ pattern, repl, source }) => new TaskLabelRegexGenerator({ pattern, repl, source }),
});
