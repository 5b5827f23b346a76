import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { MetricBatch } from '../../model/metric-batch.ts';
import { type Delivered, DeliveryQueue } from '../delivery-queue.ts';
import { ExpositionFormatter } from '../exposition.ts';
import type { Backlog, Storage } from '../storage.ts';
import { storeThrough } from '../store-through.ts';
import { explainKafka } from './kafka-error.ts';
import type { KafkaSettings } from './librdkafka.ts';
import { splitExposition } from './split-exposition.ts';

/** What Kafka adds to the value of a message that has no key and no headers: at most this much. */
const overheadBytes = 512;
/** A broker that takes no message of this size takes none. */
const leastPartBytes = 1024;

/** A client of a Kafka cluster; `KafkaProducer`. */
export interface MessageSender {
  send(topic: string, value: Buffer): Promise<void>;
  close(): void;
}

export interface KafkaStorageOptions {
  /** `127.0.0.1:9092`. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** How long `store` and `stop` wait for a delivery. */
  readonly maxWaitMs: number;
  readonly settings: Pick<KafkaSettings, 'maxMessageBytes' | 'bufferBytes' | 'maxAgeMs' | 'retry'>;
  /** Makes a client; called anew after each failure. */
  readonly connect: () => Promise<MessageSender>;
  readonly clock: Clock;
  readonly random: () => number;
}

/** A batch as messages; those already delivered are taken out, so that they are not sent again. */
interface Messages {
  readonly bytes: number;
  readonly parts: Buffer[];
  readonly linesLeftOut: number;
}

/**
 * Sends batches to a Kafka topic in the exposition format with timestamps (spec config §5.5): one message a batch, or
 * several, cut between metrics, when it is larger than a message may be. Batches wait in a bounded buffer while the
 * brokers cannot be reached.
 */
export class KafkaStorage implements Storage {
  readonly #options: KafkaStorageOptions;
  readonly #formatter = new ExpositionFormatter({ format: 'text', timestamps: true });
  readonly #queue: DeliveryQueue<Messages>;
  #sender: MessageSender | undefined;
  #partBytes: number;

  constructor(options: KafkaStorageOptions) {
    this.#options = options;
    const { settings, clock, random } = options;
    this.#partBytes = settings.maxMessageBytes - overheadBytes;
    this.#queue = new DeliveryQueue({
      subject: this.describe(),
      send: this.#send.bind(this),
      maxBytes: settings.bufferBytes,
      maxAgeMs: settings.maxAgeMs,
      retry: settings.retry,
      clock,
      random,
    });
  }

  describe(): string {
    const { brokers, topic } = this.#options;
    return `KafkaStorage ${brokers.join(',')}/${topic}`;
  }

  /** Resolves when the batch is delivered, or when the time is up and it waits in the buffer. */
  async store(batch: MetricBatch, signal: AbortSignal): Promise<void> {
    // A copy: the formatter's memory has room for the longest values, and what waits is to cost what it counts.
    const text = Buffer.from(this.#formatter.format(batch));
    if (text.length === 0) return;
    const { parts, linesLeftOut } = splitExposition(text, this.#partBytes);
    const messages = { bytes: text.length, parts: [...parts], linesLeftOut };
    await storeThrough(this.#queue, messages, { ...this.#options, signal });
  }

  backlog(): Backlog {
    return this.#queue.backlog;
  }

  async stop(): Promise<void> {
    await this.#queue.stop(this.#options.maxWaitMs);
    this.#disconnect();
  }

  async #send({ parts, linesLeftOut }: Messages, signal: AbortSignal): Promise<Delivered> {
    for (let part = parts[0]; part !== undefined; part = parts[0]) {
      const failed = await this.#sendPart(part, signal);
      if (failed === undefined) parts.shift();
      else if (failed === 'too large') {
        this.#partBytes = Math.max(leastPartBytes, Math.floor(part.length / 2));
        parts.splice(0, 1, ...splitExposition(part, this.#partBytes).parts);
      } else return failed;
    }
    if (linesLeftOut === 0) return { kind: 'delivered' };
    const message = `${linesLeftOut} lines are longer than a message may be and were left out`;
    return { kind: 'refused', error: new WcaError('STORAGE_FAILED', { subject: this.describe(), message }) };
  }

  /** undefined when it was delivered. */
  async #sendPart(
    part: Buffer,
    signal: AbortSignal,
  ): Promise<Exclude<Delivered, 'delivered'> | 'too large' | undefined> {
    try {
      this.#sender ??= await this.#options.connect();
      await untilAborted(this.#sender.send(this.#options.topic, part), signal);
      return undefined;
    } catch (thrown) {
      const { error, type, retriable } = explainKafka(this.describe(), thrown);
      if (type === 'MESSAGE_TOO_LARGE' && part.length > leastPartBytes) return 'too large';
      this.#disconnect();
      return { kind: retriable ? 'failed' : 'refused', error };
    }
  }

  #disconnect(): void {
    this.#sender?.close();
    this.#sender = undefined;
  }
}

/** As the promise, but rejects when the signal aborts. */
async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let abort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
