import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Problem } from './site.ts';

/** Problems told at once; there is no use in more. */
const maxTold = 50;

/** `/etc/wca.yaml:3:5 runner.interval: got the string "x" (number from 0 to 60)`. */
export function formatProblem(file: string, { at, field, reason, allowed }: Problem): string {
  const what = field === '' ? '' : ` ${field}:`;
  const remedy = allowed === '' ? '' : ` (${allowed})`;
  return `${file}:${at.line}:${at.column}${what === '' ? ':' : what} ${reason}${remedy}`;
}

/** The error of a file with these problems, at least one: each once, in the order of the file. */
export function configurationError(file: string, problems: readonly Problem[]): WcaError {
  const sorted = [...problems].sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
  const texts = [...new Set(sorted.map((problem) => formatProblem(file, problem)))];
  const [first = '', ...others] = texts;
  const told = texts.slice(0, maxTold).map((text) => `\n  ${text}`);
  const left = texts.length - told.length;
  const causes = sorted.flatMap(({ cause }) => (cause === undefined ? [] : [cause]));
  const cause = causes.length > 1 ? new AggregateError(causes) : causes[0];
  const facts =
    others.length === 0
      ? { subject: 'configuration', message: first }
      : {
          subject: 'configuration',
          message: `${texts.length} problems${told.join('')}${left > 0 ? `\n  and ${left} more` : ''}`,
        };
  return new WcaError('INVALID_CONFIG', { ...facts, ...(cause === undefined ? {} : { cause }) });
}
