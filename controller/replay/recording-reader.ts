import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { errnoName, WcaError } from '../../shared/errors/wca-error.ts';
import {
  blockHeadBytes,
  checkFileHead,
  decodeBlockHead,
  decodeRecord,
  fileHeadBytes,
  isWhole,
  type RawRecord,
  unpackBlock,
} from './recording-format.ts';

/** Where a record stands: byte of the file at which its block begins, byte of the unpacked block. */
export interface RecordPosition {
  readonly block: number;
  readonly byte: number;
}

export interface PlacedRecord extends RawRecord {
  readonly at: RecordPosition;
}

/** The last block of a file was not written whole, because the recorder was ended or the disk was full. */
export interface CutEnd {
  /** Byte of the file at which the cut block begins: what is before it is whole. */
  readonly at: number;
  /** Bytes from there on. */
  readonly bytes: number;
}

/** Reads a recording block by block: a file of any length takes the memory of its largest block. */
export class RecordingReader {
  readonly file: string;
  readonly #fd: number;
  readonly #size: number;
  #cut: CutEnd | undefined;
  #end = fileHeadBytes;

  /** Throws INVALID_ARGUMENT when the file cannot be read or is no recording, VERSION_MISMATCH. */
  constructor(file: string) {
    this.file = file;
    this.#fd = openRecording(file);
    try {
      const stat = fstatSync(this.#fd);
      if (!stat.isFile()) throw new WcaError('INVALID_ARGUMENT', { subject: file, message: 'is no regular file' });
      this.#size = stat.size;
      checkFileHead(this.#readAt(0, fileHeadBytes), file);
    } catch (thrown) {
      closeSync(this.#fd);
      throw thrown;
    }
  }

  get sizeBytes(): number {
    return this.#size;
  }

  /** Known when all records were read. */
  get cut(): CutEnd | undefined {
    return this.#cut;
  }

  /** Byte of the file behind the last whole block that was read. */
  get endOfWhole(): number {
    return this.#end;
  }

  /** Throws INVALID_ARGUMENT that names the byte at which the file is broken. */
  *records(): Generator<PlacedRecord> {
    for (const { at, raw } of this.#blocks()) {
      for (let byte = 0; byte < raw.length; ) {
        const record = decodeRecord(raw, byte);
        if (record === undefined)
          throw brokenAt(this.file, { block: at, byte }, 'a record runs over the end of its block');
        yield { kind: record.kind, bytes: record.bytes, at: { block: at, byte } };
        byte = record.end;
      }
    }
  }

  /** Reads the heads only and returns the byte behind the last whole block: where more can be written. */
  findEnd(): number {
    for (const _ of this.#blocks());
    return this.#end;
  }

  close(): void {
    closeSync(this.#fd);
  }

  *#blocks(): Generator<{ readonly at: number; readonly raw: Buffer }> {
    this.#end = fileHeadBytes;
    this.#cut = undefined;
    while (this.#end < this.#size) {
      const at = this.#end;
      const head = this.#readAt(at, blockHeadBytes);
      const facts = decodeBlockHead(head);
      if (facts === undefined) {
        // A machine that loses power may leave zeros where the last block was to be.
        if (head.length < blockHeadBytes || (isZero(head) && this.#isZeroFrom(at))) return this.#cutAt(at);
        throw brokenAt(this.file, { block: at, byte: 0 }, 'no whole block begins here');
      }
      const next = at + blockHeadBytes + facts.compressedBytes;
      if (next > this.#size) return this.#cutAt(at);
      const packed = this.#readAt(at + blockHeadBytes, facts.compressedBytes);
      if (!isWhole(facts, packed)) {
        if (next === this.#size) return this.#cutAt(at);
        throw brokenAt(this.file, { block: at, byte: 0 }, 'the checksum of the block is wrong');
      }
      const raw = unpackBlock(facts, packed);
      if (raw === undefined) throw brokenAt(this.file, { block: at, byte: 0 }, 'the block cannot be unpacked');
      this.#end = next;
      yield { at, raw };
    }
  }

  #cutAt(at: number): void {
    this.#cut = { at, bytes: this.#size - at };
  }

  #isZeroFrom(start: number): boolean {
    const step = 65_536;
    for (let at = start; at < this.#size; at += step) if (!isZero(this.#readAt(at, step))) return false;
    return true;
  }

  /** Fewer bytes at the end of the file. */
  #readAt(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.#size - position)));
    let filled = 0;
    while (filled < bytes.length) {
      const read = readSync(this.#fd, bytes, filled, bytes.length - filled, position + filled);
      if (read === 0) break;
      filled += read;
    }
    return bytes.subarray(0, filled);
  }
}

/** What is wrong with a recording, and where. */
export function brokenAt(file: string, { block, byte }: RecordPosition, message: string): WcaError {
  const within = byte === 0 ? '' : `, ${byte} bytes into the unpacked block`;
  return new WcaError('INVALID_ARGUMENT', {
    subject: `${file}: byte ${block}${within}`,
    message,
    remedy: 'the file was changed after it was recorded: take another copy of it',
  });
}

function openRecording(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (thrown) {
    const errno = errnoName(thrown);
    const message = `cannot be read: ${errno ?? String(thrown)}`;
    throw new WcaError('INVALID_ARGUMENT', {
      subject: file,
      message,
      cause: thrown,
      ...(errno === undefined ? {} : { errno }),
    });
  }
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
