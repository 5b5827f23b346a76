import { createInterface } from 'node:readline/promises';
import { WcaError } from '../../shared/errors/wca-error.ts';

/** Where somebody may be asked. */
export interface Asking {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** `--yes` was given. */
  readonly yes: boolean;
  /** A program reads the output. */
  readonly json: boolean;
}

/** Whether somebody can be asked at all; without one and without --yes this throws INVALID_ARGUMENT. */
export function mayAsk({ input, output, yes, json }: Asking): boolean {
  if (yes) return false;
  if (input.isTTY && output.isTTY && !json) return true;
  throw new WcaError('INVALID_ARGUMENT', {
    subject: '--yes',
    message: 'is needed where nobody can be asked: this changes what the kernel gives to tasks',
    remedy: 'look first with --dry-run, then repeat with --yes',
  });
}

/** Asks on the terminal; everything but y or yes is a no. */
export async function confirm(question: string, { input, output }: Asking): Promise<boolean> {
  const asker = createInterface({ input, output });
  try {
    const end = new AbortController();
    // Ctrl-D and Ctrl-C are a no.
    asker.once('close', () => end.abort());
    const answer = await asker.question(`${question} [y/N] `, { signal: end.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'AbortError') return false;
    throw thrown;
  } finally {
    asker.close();
  }
}
