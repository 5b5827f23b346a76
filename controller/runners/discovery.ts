import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { Episodes } from '../../shared/log/episodes.ts';
import { linkAbort } from '../model/linked-abort.ts';
import type { Task } from '../model/task.ts';
import type { Node } from '../nodes/node.ts';
import { checkTasks } from './checked-tasks.ts';

export interface DiscoveryOptions {
  readonly node: Node;
  readonly clock: Clock;
  readonly episodes: Episodes;
  /** After this long an attempt counts as failed. */
  readonly timeoutMs: number;
  /** The last list stays in force for this long; then there are no tasks. */
  readonly keepMs: number;
}

const episode = 'discovery';
/** Tasks are not looked for more often, however often they are measured. */
const leastPaceMs = 900;

/** Keeps the list of tasks fresh beside the loop, which never waits for it. */
export class Discovery {
  readonly #options: DiscoveryOptions;
  #tasks: readonly Task[] = [];
  #freshMs: number;
  #startedMs: number | undefined;
  #lastSeconds = 0;
  #succeeded = false;
  #running: Promise<void> | undefined;
  /** The node's answer to an attempt that was given up: no other begins before it is there. */
  #overdue = false;
  #error: WcaError | undefined;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#freshMs = options.clock.monotonicMs();
  }

  /** The tasks known now; empty when the last list is too old to be believed. */
  get tasks(): readonly Task[] {
    return this.#error !== undefined && this.ageSeconds * 1000 > this.#options.keepMs ? [] : this.#tasks;
  }

  /** Whether tasks were ever listed. */
  get succeeded(): boolean {
    return this.#succeeded;
  }

  /** Age of the list. */
  get ageSeconds(): number {
    return (this.#options.clock.monotonicMs() - this.#freshMs) / 1000;
  }

  /** How long the last attempt took. */
  get lastSeconds(): number {
    return this.#lastSeconds;
  }

  /** `fresh`, or why the list is old. */
  get text(): string {
    return this.#error === undefined ? 'fresh' : `${this.ageSeconds.toFixed(0)} s old: ${this.#error.toText()}`;
  }

  /** Starts to look for tasks unless that is under way or just done; resolves when it is done. Never rejects. */
  refresh(signal: AbortSignal): Promise<void> {
    if (this.#running !== undefined) return this.#running;
    const nowMs = this.#options.clock.monotonicMs();
    if (signal.aborted || (this.#startedMs !== undefined && nowMs - this.#startedMs < leastPaceMs)) {
      return Promise.resolve();
    }
    this.#startedMs = nowMs;
    this.#running = this.#look(signal).finally(() => {
      this.#lastSeconds = (this.#options.clock.monotonicMs() - nowMs) / 1000;
      this.#running = undefined;
    });
    return this.#running;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { node, clock, episodes } = this.#options;
    const attempt = linkAbort(signal);
    try {
      const { tasks, errors } = checkTasks(await this.#ask(attempt.signal), node.describe());
      this.#tasks = tasks;
      this.#freshMs = clock.monotonicMs();
      this.#succeeded = true;
      this.#error = undefined;
      episodes.ended(episode);
      this.#tellBad(errors);
    } catch (thrown) {
      if (!signal.aborted) this.#failed(thrown);
    } finally {
      attempt.unlink();
      attempt.abort();
    }
  }

  /** The node's answer; throws when there is none in time. */
  async #ask(signal: AbortSignal): Promise<unknown> {
    const { node, clock, timeoutMs } = this.#options;
    const subject = node.describe();
    if (this.#overdue) {
      const message = 'has not answered an earlier question yet';
      throw new WcaError('DISCOVERY_FAILED', { subject, message });
    }
    // A node that ignores its signal must not stop the loop of discovery: it is left behind.
    const late = clock.sleep(timeoutMs, signal).then(() => {
      throw new WcaError('DISCOVERY_FAILED', { subject, message: `no answer within ${timeoutMs / 1000} s` });
    });
    this.#overdue = true;
    const ask = async (): Promise<unknown> => node.tasks(signal);
    const answer = ask().finally(() => {
      this.#overdue = false;
    });
    late.catch(() => undefined);
    answer.catch(() => undefined);
    return Promise.race([answer, late]);
  }

  #failed(thrown: unknown): void {
    const { node, episodes, keepMs } = this.#options;
    const cause = toWcaError(thrown, node.describe(), 'DISCOVERY_FAILED');
    const { subject, message, remedy } = cause;
    this.#error = new WcaError('DISCOVERY_FAILED', {
      subject,
      message,
      cause,
      ...(remedy === undefined ? {} : { remedy }),
    });
    const doing = `keeping the last list of tasks for ${keepMs / 1000} s`;
    episodes.failed(episode, this.#error, { source: 'discovery', doing });
  }

  #tellBad(errors: readonly WcaError[]): void {
    const { episodes } = this.#options;
    const [first] = errors;
    if (first === undefined) episodes.ended('a task of the list');
    else episodes.failed('a task of the list', first, { source: 'discovery', doing: 'leaving it out' });
  }
}
