import { closeSync, fdatasyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { errnoName, toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import { encodeBlock, encodeFileHead, encodeRecord, recordingLimits } from './recording-format.ts';
import { type CutEnd, RecordingReader } from './recording-reader.ts';

/** A block is written when its records are so many bytes. */
const blockBytes = 1024 * 1024;

export interface WriterOptions {
  readonly file: string;
  /** Write behind what the file holds; a new file otherwise, which must not exist. */
  readonly append: boolean;
  /** The file does not grow beyond it. */
  readonly maxBytes: number;
}

/** Writes a recording. What was flushed is there when the process, or the machine, dies. */
export class RecordingWriter {
  readonly #file: string;
  readonly #fd: number;
  readonly #maxBytes: number;
  /** What was removed from the end of a file that is appended to. */
  readonly removed: CutEnd | undefined;
  #records: Buffer[] = [];
  #rawBytes = 0;
  #position: number;

  /** Throws INVALID_ARGUMENT when the file exists and is not appended to, is no recording, or cannot be written. */
  constructor({ file, append, maxBytes }: WriterOptions) {
    this.#file = file;
    this.#maxBytes = maxBytes;
    const found = append ? findEnd(file) : undefined;
    this.#fd = openTarget(file, found !== undefined);
    this.removed = found?.cut;
    this.#position = found?.end ?? 0;
    if (found === undefined) this.#write(encodeFileHead());
    else if (found.cut !== undefined) ftruncateSync(this.#fd, found.end);
  }

  /** Bytes of the file so far. */
  get sizeBytes(): number {
    return this.#position;
  }

  /** Whether the file may not grow any more. */
  get isFull(): boolean {
    return this.#position + this.#rawBytes / 4 >= this.#maxBytes;
  }

  /** Throws LIMIT_REACHED for a record that no reader would take, STORAGE_FAILED as `flush`. */
  add(kind: number, bytes: Uint8Array): void {
    if (bytes.length > recordingLimits.maxRecordBytes) {
      const message = `a message of ${bytes.length} bytes is too large to be recorded`;
      throw new WcaError('LIMIT_REACHED', { subject: this.#file, message });
    }
    const record = encodeRecord(kind, bytes);
    if (this.#rawBytes + record.length > recordingLimits.maxBlockBytes) this.flush();
    this.#records.push(record);
    this.#rawBytes += record.length;
    if (this.#rawBytes >= blockBytes) this.flush();
  }

  /** Writes what was added. Throws STORAGE_FAILED; the file ends with a whole block then as well. */
  flush(): void {
    if (this.#rawBytes === 0) return;
    const block = encodeBlock(Buffer.concat(this.#records));
    this.#records = [];
    this.#rawBytes = 0;
    this.#write(block);
  }

  /** Flushes and closes. */
  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.#fd);
    }
  }

  #write(bytes: Buffer): void {
    const start = this.#position;
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#fd, bytes, done, bytes.length - done, start + done);
      }
      fdatasyncSync(this.#fd);
      this.#position = start + bytes.length;
    } catch (thrown) {
      ftruncateSync(this.#fd, start);
      throw toWcaError(thrown, this.#file, 'STORAGE_FAILED');
    }
  }
}

/** undefined: there is no such file yet. */
function findEnd(file: string): { readonly end: number; readonly cut: CutEnd | undefined } | undefined {
  let reader: RecordingReader;
  try {
    reader = new RecordingReader(file);
  } catch (thrown) {
    if (thrown instanceof WcaError && thrown.errno === 'ENOENT') return undefined;
    throw thrown;
  }
  try {
    return { end: reader.findEnd(), cut: reader.cut };
  } finally {
    reader.close();
  }
}

function openTarget(file: string, exists: boolean): number {
  try {
    // Names of tasks and their load are nobody else's business.
    return openSync(file, exists ? 'r+' : 'wx', 0o600);
  } catch (thrown) {
    const errno = errnoName(thrown);
    const isThere = errno === 'EEXIST';
    throw new WcaError('INVALID_ARGUMENT', {
      subject: file,
      message: isThere ? 'exists already' : `cannot be written: ${errno ?? String(thrown)}`,
      ...(isThere ? { remedy: 'give another name, or --append to go on with it' } : {}),
      ...(errno === undefined ? {} : { errno }),
      cause: thrown,
    });
  }
}
