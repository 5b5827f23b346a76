import type { Socket } from 'node:net';

/** Answers to a producer are small: versions, metadata of one topic, offsets. */
const maxAnswerBytes = 16 * 1024 * 1024;
/** Length of an answer that has a correlation id. */
const minAnswerBytes = 4;

/**
 * Follows the lengths of the answers in a stream of Kafka's protocol (`Size => INT32`,
 * kafka.apache.org/protocol#protocol_common). Throws for a length that cannot be.
 */
export class AnswerLengths {
  readonly #minBytes: number;
  readonly #head = Buffer.alloc(4);
  #headBytes = 0;
  #bodyBytes = 0;

  /** Old brokers answer authentication without a correlation id, and with nothing. */
  constructor({ authenticates }: { readonly authenticates: boolean }) {
    this.#minBytes = authenticates ? 0 : minAnswerBytes;
  }

  follow(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#bodyBytes > 0) {
        const skipped = Math.min(this.#bodyBytes, bytes.length - at);
        this.#bodyBytes -= skipped;
        at += skipped;
        continue;
      }
      const copied = bytes.copy(this.#head, this.#headBytes, at, at + 4 - this.#headBytes);
      at += copied;
      this.#headBytes += copied;
      if (this.#headBytes < 4) return;
      this.#headBytes = 0;
      this.#bodyBytes = this.#head.readInt32BE();
      if (this.#bodyBytes < this.#minBytes || this.#bodyBytes > maxAnswerBytes) {
        throw new RangeError(`an answer of ${this.#bodyBytes} bytes: this is no Kafka broker, or none to trust`);
      }
    }
  }
}

/**
 * kafkajs collects an answer of whatever length a broker announces, and what it throws while it reads one would end the
 * process. Here either becomes an error of the socket, which kafkajs expects.
 */
export function guardSocket<S extends Socket>(socket: S, lengths: AnswerLengths): S {
  const original = socket.emit;
  const emit = (...args: readonly unknown[]): boolean => Reflect.apply(original, socket, args);
  Object.defineProperty(socket, 'emit', {
    value: (event: string, ...args: readonly unknown[]): boolean => {
      if (event !== 'data') return emit(event, ...args);
      try {
        const [bytes] = args;
        if (Buffer.isBuffer(bytes)) lengths.follow(bytes);
        return emit(event, ...args);
      } catch (thrown) {
        socket.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
        return true;
      }
    },
  });
  return socket;
}
