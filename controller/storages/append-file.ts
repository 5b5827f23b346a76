import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { ByteSink } from './byte-sink.ts';
import { storageError } from './storage-error.ts';

/**
 * A file that grows. A batch that does not fit is taken back, so that the file never ends in half a line. Follows log
 * rotation: a file that was renamed or removed is opened anew under its name; one that was truncated goes on at its end.
 */
export class AppendFile implements ByteSink {
  readonly name: string;
  #handle: FileHandle | undefined;

  constructor(path: string) {
    this.name = path;
  }

  async open(): Promise<void> {
    try {
      await this.#current();
    } catch (thrown) {
      throw storageError(this.name, thrown, 'INVALID_CONFIG');
    }
  }

  async write(bytes: Buffer): Promise<void> {
    try {
      const handle = await this.#current();
      const before = await handle.stat();
      let written = 0;
      try {
        while (written < bytes.length) {
          const { bytesWritten } = await handle.write(bytes, written);
          if (bytesWritten === 0) throw new Error('nothing more can be written');
          written += bytesWritten;
        }
      } catch (thrown) {
        // When even this fails there is nothing left to do; the first error is the one to tell.
        if (before.isFile()) await takeBack(handle, before.size, written).catch(() => undefined);
        throw thrown;
      }
    } catch (thrown) {
      throw storageError(this.name, thrown);
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** The open file, as long as it is the one the path names. */
  async #current(): Promise<FileHandle> {
    if (this.#handle !== undefined) {
      const [opened, named] = await Promise.all([this.#handle.stat(), stat(this.name).catch(() => undefined)]);
      if (named?.ino === opened.ino && named.dev === opened.dev) return this.#handle;
      await this.close();
    }
    // O_NONBLOCK: opening a named pipe that nobody reads fails at once instead of waiting for ever.
    const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
    this.#handle = await open(this.name, O_APPEND | O_CREAT | O_NONBLOCK | O_WRONLY, 0o666);
    return this.#handle;
  }
}

/** Cuts off the part of a batch that was written, unless someone else has written behind it. */
async function takeBack(handle: FileHandle, sizeBefore: number, written: number): Promise<void> {
  const { size } = await handle.stat();
  if (written > 0 && size === sizeBefore + written) await handle.truncate(sizeBefore);
}
