import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import { linkAbort } from '../model/linked-abort.ts';

export interface GuardOptions {
  /** For errors: `allocator !StaticAllocator`. */
  readonly name: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/**
 * Calls into a plugin. Whatever it does, throws, hangs or goes on for ever, the caller gets an answer or a PLUGIN_FAILED
 * in time. One that has not settled yet is not called again.
 */
export class PluginGuard {
  readonly #options: GuardOptions;
  #hangs = false;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  async call<T>(work: (signal: AbortSignal) => T | Promise<T>, signal: AbortSignal): Promise<T> {
    const { name, timeoutMs, clock } = this.#options;
    if (this.#hangs) {
      throw new WcaError('PLUGIN_FAILED', { subject: name, message: 'has not answered the call before yet' });
    }
    const calling = linkAbort(signal);
    const waiting = linkAbort(signal);
    this.#hangs = true;
    const answer = new Promise<T>((resolve) => resolve(work(calling.signal))).finally(() => {
      this.#hangs = false;
    });
    const late = clock.sleep(timeoutMs, waiting.signal).then(
      () => {
        throw new WcaError('PLUGIN_FAILED', { subject: name, message: `did not answer within ${timeoutMs / 1000} s` });
      },
      () => new Promise<never>(() => undefined),
    );
    try {
      return await Promise.race([answer, late]);
    } catch (thrown) {
      answer.catch(() => undefined);
      const { message, code } = toWcaError(thrown, name);
      if (code === 'PLUGIN_FAILED') throw thrown;
      throw new WcaError('PLUGIN_FAILED', { subject: name, message: `threw: ${message}`, cause: thrown });
    } finally {
      calling.abort();
      calling.unlink();
      waiting.abort();
      waiting.unlink();
    }
  }
}
