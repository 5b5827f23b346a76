import type { TargetResult } from '../../shared/allocation/results.ts';
import type { Asking } from './confirm.ts';
import type { CommandContext } from './context.ts';
import { errorDocument } from './context.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { renderResults } from './views/allocation-view.ts';

/** Outcomes of an allocation or a restoration, as a table or as one document. */
export function writeResults(context: CommandContext, results: readonly TargetResult[]): void {
  if (!context.json) {
    context.writeLines(renderResults(results, context.style));
    return;
  }
  context.writeDocument({
    results: results.map(({ targetId, error, values }) => ({
      cgroupPath: targetId,
      error: error === undefined ? null : errorDocument(error),
      values: values.map((value) => ({
        ...value,
        error: value.error === undefined ? null : errorDocument(value.error),
      })),
    })),
  });
}

/** 0 when all is as it was wanted, else what the worst error says. */
export function exitCodeOfResults(results: readonly TargetResult[]): number {
  const errors = results.flatMap(({ error, values }) => [error, ...values.map((value) => value.error)]);
  return errors.reduce<number>(
    (worst, error) =>
      error === undefined || error.code === 'CANCELLED' ? worst : Math.max(worst, exitCodeOf(error), exitCodes.failed),
    exitCodes.ok,
  );
}

/** The terminal of a command that may ask. */
export function askingOf(context: CommandContext, yes: boolean): Asking {
  return { input: process.stdin, output: process.stderr, yes, json: context.json };
}
