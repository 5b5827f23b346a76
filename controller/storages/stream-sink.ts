import type { Writable } from 'node:stream';
import type { ByteSink } from './byte-sink.ts';
import { storageError } from './storage-error.ts';

/**
 * stdout or stderr. The stream completes short writes and waits for a slow pipe by itself, without holding up the
 * process; a batch that waits longer than the interval makes the next ones wait in the outlet, not here.
 */
export class StreamSink implements ByteSink {
  readonly name: string;
  readonly #stream: Writable;
  #watched = false;

  constructor(name: string, stream: Writable) {
    this.name = name;
    this.#stream = stream;
  }

  async open(): Promise<void> {
    if (this.#watched) return;
    this.#watched = true;
    // A closed pipe arrives here and at the callback of `write`; unheard it would end the process. It is told there.
    this.#stream.on('error', () => {});
  }

  async write(bytes: Buffer): Promise<void> {
    await this.open();
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(bytes, (thrown) => {
        if (thrown === null || thrown === undefined) resolve();
        else reject(storageError(this.name, thrown));
      });
    });
  }

  /** The stream belongs to the process and stays open. */
  async close(): Promise<void> {}
}
