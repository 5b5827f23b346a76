import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import { chooseRetryMs, type RetryPolicy } from './retry-policy.ts';
import type { Backlog } from './storage.ts';

/** What became of an attempt to deliver. */
export type Delivered =
  | { readonly kind: 'delivered' }
  /** Trying again would not help: the item is given up. */
  | { readonly kind: 'refused'; readonly error: WcaError }
  /** To be tried again; not before `retryAfterMs`, when the other side asked for it. */
  | { readonly kind: 'failed'; readonly error: WcaError; readonly retryAfterMs?: number | undefined };

export interface DeliveryQueueOptions<T> {
  /** For errors: `KafkaStorage 127.0.0.1:9092`. */
  readonly subject: string;
  /** One attempt, bounded in time; never rejects. An item may remember what of it was delivered. */
  readonly send: (item: T, signal: AbortSignal) => Promise<Delivered>;
  /** What waits is no larger: the oldest are given up first. */
  readonly maxBytes: number;
  /** An item is given up when it has waited this long. */
  readonly maxAgeMs: number;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
}

interface Entry<T> {
  readonly item: T;
  readonly bytes: number;
  readonly sinceMs: number;
  readonly gone: () => void;
}

/**
 * Delivers items one at a time, in their order, and tries again while the other side is in trouble. Bounded in bytes
 * and age; nothing is lost without being counted.
 */
export class DeliveryQueue<T extends { readonly bytes: number }> {
  readonly #options: DeliveryQueueOptions<T>;
  readonly #stop = new AbortController();
  #entries: Entry<T>[] = [];
  #bytes = 0;
  #lost = 0;
  #trouble: WcaError | undefined;
  #sending: Entry<T> | undefined;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  /** Ends the wait before the next attempt. */
  #wait: AbortController | undefined;
  #stopping = false;

  constructor(options: DeliveryQueueOptions<T>) {
    this.#options = options;
  }

  get backlog(): Backlog {
    return { waiting: this.#entries.length, lost: this.#lost, trouble: this.#trouble };
  }

  /**
   * Takes an item. The promise resolves when it is delivered or given up. Throws STORAGE_FAILED for an item that is
   * larger than the queue, or when it is stopped.
   */
  push(item: T): Promise<void> {
    const { subject, maxBytes, clock } = this.#options;
    const { bytes } = item;
    if (this.#stopping) throw new WcaError('STORAGE_FAILED', { subject, message: 'stopped' });
    if (bytes > maxBytes) {
      const message = `a batch of ${bytes} bytes does not fit into the buffer of ${maxBytes}`;
      throw new WcaError('STORAGE_FAILED', { subject, message, remedy: 'allow a larger buffer' });
    }
    while (this.#bytes + bytes > maxBytes && this.#giveUpOldest());
    return new Promise((gone) => {
      this.#entries.push({ item, bytes, sinceMs: clock.monotonicMs(), gone });
      this.#bytes += bytes;
      if (this.#isRunning) return;
      this.#isRunning = true;
      this.#running = this.#run();
    });
  }

  /** Notes that deliveries are slow; forgotten with the next one. */
  suspect(message: string): void {
    this.#trouble ??= new WcaError('STORAGE_FAILED', { subject: this.#options.subject, message });
  }

  /** Takes no more, tries what waits once more without delay, gives up after `timeoutMs`. Safe to call twice. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    this.#wait?.abort();
    const timer = new AbortController();
    const sleep = this.#options.clock.sleep(timeoutMs, timer.signal).catch(() => undefined);
    await Promise.race([this.#running, sleep]);
    timer.abort();
    this.#stop.abort(new Error('the controller stops'));
    while (this.#entries[0] !== undefined) this.#lose(this.#entries[0]);
  }

  async #run(): Promise<void> {
    let attempt = 0;
    for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
      this.#sending = entry;
      const outcome = await this.#options.send(entry.item, this.#stop.signal);
      this.#sending = undefined;
      if (outcome.kind === 'failed') {
        this.#trouble = outcome.error;
        if (this.#stopping) break;
        await this.#pause(attempt, outcome.retryAfterMs);
        attempt += 1;
        continue;
      }
      attempt = 0;
      this.#trouble = outcome.kind === 'refused' ? outcome.error : undefined;
      if (outcome.kind === 'refused') this.#lose(entry);
      else this.#remove(entry);
    }
    this.#isRunning = false;
  }

  /** The oldest that is not too old. */
  #next(): Entry<T> | undefined {
    const oldestMs = this.#options.clock.monotonicMs() - this.#options.maxAgeMs;
    for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
      if (entry.sinceMs >= oldestMs) return entry;
      this.#lose(entry);
    }
    return undefined;
  }

  async #pause(attempt: number, retryAfterMs: number | undefined): Promise<void> {
    const { retry, random, clock } = this.#options;
    const wait = new AbortController();
    this.#wait = wait;
    await clock.sleep(chooseRetryMs(retry, { attempt, random: random(), retryAfterMs }), wait.signal).catch(() => {});
    this.#wait = undefined;
  }

  /** Makes room; false when there is nothing that could go. What is on its way stays. */
  #giveUpOldest(): boolean {
    const oldest = this.#entries.find((entry) => entry !== this.#sending);
    if (oldest === undefined) return false;
    this.#lose(oldest);
    return true;
  }

  #lose(entry: Entry<T>): void {
    if (this.#remove(entry)) this.#lost += 1;
  }

  /** False when it was gone already. */
  #remove(entry: Entry<T>): boolean {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return false;
    this.#entries.splice(index, 1);
    this.#bytes -= entry.bytes;
    entry.gone();
    return true;
  }
}
