import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { DeliveryQueue } from './delivery-queue.ts';

export interface StoreThroughOptions {
  /** How long to wait for the delivery while all goes well. */
  readonly maxWaitMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Puts a batch into the queue and waits until it is delivered, but not longer than allowed, and not at all while the
 * queue is in trouble: then it only takes its place. Rejects when the queue does not take it.
 */
export async function storeThrough<T extends { readonly bytes: number }>(
  queue: DeliveryQueue<T>,
  item: T,
  { maxWaitMs, clock, signal }: StoreThroughOptions,
): Promise<void> {
  const troubled = queue.backlog.trouble !== undefined;
  const gone = queue.push(item);
  if (troubled) return;
  const timer = new AbortController();
  const cancel = (): void => timer.abort();
  signal.addEventListener('abort', cancel, { once: true });
  const late = clock.sleep(maxWaitMs, timer.signal).then(
    () => true,
    () => false,
  );
  if (await Promise.race([gone.then(() => false), late])) queue.suspect(`not delivered within ${maxWaitMs / 1000} s`);
  signal.removeEventListener('abort', cancel);
  timer.abort();
}
