import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { Episodes } from '../../shared/log/episodes.ts';
import type { Task } from '../model/task.ts';
import type { Node } from '../nodes/node.ts';

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

/** Keeps the list of tasks fresh beside the loop, which never waits for it. */
export class Discovery {
  readonly #options: DiscoveryOptions;
  #tasks: readonly Task[] = [];
  #freshMs: number;
  #running: Promise<void> | undefined;
  #error: WcaError | undefined;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#freshMs = options.clock.monotonicMs();
  }

  /** The tasks known now; empty when the last list is too old to be believed. */
  get tasks(): readonly Task[] {
    return this.#error !== undefined && this.ageSeconds * 1000 > this.#options.keepMs ? [] : this.#tasks;
  }

  /** Age of the list. */
  get ageSeconds(): number {
    return (this.#options.clock.monotonicMs() - this.#freshMs) / 1000;
  }

  /** `fresh`, or why the list is old. */
  get text(): string {
    return this.#error === undefined ? 'fresh' : `${this.ageSeconds.toFixed(0)} s old: ${this.#error.toText()}`;
  }

  /** Starts to look for tasks unless that is under way; resolves when it is done. Never rejects. */
  refresh(signal: AbortSignal): Promise<void> {
    this.#running ??= this.#look(signal).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { node, clock, episodes, timeoutMs, keepMs } = this.#options;
    const attempt = new AbortController();
    const stop = AbortSignal.any([signal, attempt.signal]);
    try {
      // A node that ignores its signal must not stop discovery for ever: it is left behind.
      const late = clock.sleep(timeoutMs, stop).then(() => {
        throw new WcaError('DISCOVERY_FAILED', {
          subject: node.describe(),
          message: `no answer within ${timeoutMs / 1000} s`,
        });
      });
      this.#tasks = checkTasks(await Promise.race([node.tasks(stop), late]), node);
      this.#freshMs = clock.monotonicMs();
      this.#error = undefined;
      episodes.ended(episode);
    } catch (thrown) {
      if (signal.aborted) return;
      this.#error = toWcaError(thrown, node.describe(), 'DISCOVERY_FAILED');
      const doing = `keeping the last list of tasks for ${keepMs / 1000} s`;
      episodes.failed(episode, this.#error, { source: 'discovery', doing });
    } finally {
      attempt.abort();
    }
  }
}

/** A node may be a plugin: what it answers is looked at. Of tasks with the same id the first one stays. */
function checkTasks(answer: unknown, node: Node): readonly Task[] {
  if (!Array.isArray(answer)) {
    throw new WcaError('DISCOVERY_FAILED', { subject: node.describe(), message: 'did not answer a list of tasks' });
  }
  const tasks = new Map<string, Task>();
  for (const task of answer as readonly Task[]) {
    if (typeof task?.id !== 'string' || typeof task.name !== 'string' || typeof task.cgroupPath !== 'string') {
      throw new WcaError('DISCOVERY_FAILED', {
        subject: node.describe(),
        message: 'answered something that is no task',
      });
    }
    if (!tasks.has(task.id)) tasks.set(task.id, task);
  }
  return [...tasks.values()];
}
