import { brotliCompressSync, brotliDecompressSync, constants, crc32 } from 'node:zlib';
import { WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';

/**
 * The file of a recording: a head of 16 bytes, then blocks. A block is a head of 20 bytes and compressed records; it is
 * written at once, so that a recorder that dies leaves whole blocks and at most one that is cut. docs/replay.md.
 */

/** The file is of another version of the format when its major differs. */
export const formatVersion = { major: 1, minor: 0 } as const;

export const fileHeadBytes = 16;
export const blockHeadBytes = 20;
/** Of a head before its own checksum: a length that was changed is not taken for a file that is cut. */
const checkedHeadBytes = 16;
const recordHeadBytes = 5;
/** `WCA-REC\n`: a text editor and `file` show what it is. */
const fileMagic = Buffer.from('WCA-REC\n', 'latin1');
const blockMagic = 0x4243_4157; // "WCAB"

/** What a record holds. Readers skip kinds they do not know. */
export const recordKind = {
  /** JSON of a Take: a recorder attached to a collector. */
  take: 1,
  /** wca.v1.GetPlatformResponse */
  platform: 2,
  /** JSON of the list of tasks, all of them. */
  tasks: 3,
  /** wca.v1.WatchResponse, as it came. */
  response: 4,
  /** The take ended as it should; empty. */
  end: 5,
} as const;

export interface RawRecord {
  readonly kind: number;
  readonly bytes: Buffer;
}

export const recordingLimits = {
  /** Of one record: the largest snapshot. */
  maxRecordBytes: limits.maxSnapshotBytes,
  /** Of the records of one block. */
  maxBlockBytes: limits.maxSnapshotBytes + 4 * 1024 * 1024,
} as const;

export interface BlockHead {
  readonly compressedBytes: number;
  readonly rawBytes: number;
  readonly checksum: number;
}

/** The first bytes of a file. */
export function encodeFileHead(): Buffer {
  const head = Buffer.alloc(fileHeadBytes);
  fileMagic.copy(head);
  head.writeUInt16LE(formatVersion.major, 8);
  head.writeUInt16LE(formatVersion.minor, 10);
  return head;
}

/** Throws INVALID_ARGUMENT for a file that is no recording, VERSION_MISMATCH for one of another major version. */
export function checkFileHead(head: Buffer, file: string): void {
  if (head.length < fileHeadBytes || !head.subarray(0, fileMagic.length).equals(fileMagic)) {
    throw new WcaError('INVALID_ARGUMENT', {
      subject: file,
      message: 'is no recording: it does not begin with WCA-REC',
      remedy: 'give a file that wca-ctl record has written',
    });
  }
  const major = head.readUInt16LE(8);
  if (major === formatVersion.major) return;
  throw new WcaError('VERSION_MISMATCH', {
    subject: file,
    message: `is a recording of format ${major}, this version reads ${formatVersion.major}`,
    remedy: 'replay it with the version of WCA that recorded it',
  });
}

/** One record with its head, as it stands in a block. */
export function encodeRecord(kind: number, bytes: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(recordHeadBytes + bytes.length);
  record.writeUInt8(kind, 0);
  record.writeUInt32LE(bytes.length, 1);
  record.set(bytes, recordHeadBytes);
  return record;
}

/** A block of records that stand one after the other in `raw`. */
export function encodeBlock(raw: Buffer): Buffer {
  const packed = brotliCompressSync(raw, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 5,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
    },
  });
  const block = Buffer.allocUnsafe(blockHeadBytes + packed.length);
  block.writeUInt32LE(blockMagic, 0);
  block.writeUInt32LE(packed.length, 4);
  block.writeUInt32LE(raw.length, 8);
  block.set(packed, blockHeadBytes);
  block.writeUInt32LE(crc32(packed), 12);
  block.writeUInt32LE(crc32(block.subarray(0, checkedHeadBytes)), checkedHeadBytes);
  return block;
}

/** undefined for bytes that are no head of a block, or of one that is larger than any that is written. */
export function decodeBlockHead(head: Buffer): BlockHead | undefined {
  if (head.length < blockHeadBytes || head.readUInt32LE(0) !== blockMagic) return undefined;
  if (head.readUInt32LE(checkedHeadBytes) !== crc32(head.subarray(0, checkedHeadBytes))) return undefined;
  const found = {
    compressedBytes: head.readUInt32LE(4),
    rawBytes: head.readUInt32LE(8),
    checksum: head.readUInt32LE(12),
  };
  const { maxBlockBytes } = recordingLimits;
  return found.rawBytes > maxBlockBytes || found.compressedBytes > maxBlockBytes + 1024 ? undefined : found;
}

/** Whether the bytes after a head are those that were written. */
export function isWhole({ checksum }: BlockHead, packed: Buffer): boolean {
  return checksum === crc32(packed);
}

/** The records of a block whose checksum is right; undefined when they are not as long as its head says. */
export function unpackBlock({ rawBytes }: BlockHead, packed: Buffer): Buffer | undefined {
  try {
    const raw = brotliDecompressSync(packed, { maxOutputLength: Math.max(1, rawBytes) });
    return raw.length === rawBytes ? raw : undefined;
  } catch {
    return undefined; // longer than its head says, or not compressed by us: told with the position
  }
}

/** The record at `offset` of unpacked records, and where the next one begins; undefined when it runs over their end. */
export function decodeRecord(raw: Buffer, offset: number): (RawRecord & { readonly end: number }) | undefined {
  if (raw.length - offset < recordHeadBytes) return undefined;
  const start = offset + recordHeadBytes;
  const length = raw.readUInt32LE(offset + 1);
  if (length > raw.length - start || length > recordingLimits.maxRecordBytes) return undefined;
  return { kind: raw.readUInt8(offset), bytes: raw.subarray(start, start + length), end: start + length };
}
