import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { isAbsolute } from 'node:path';
import { errnoName, WcaError } from '../../shared/errors/wca-error.ts';
import { maxConfigBytes } from './yaml-text.ts';

/** The user and group on whose behalf a file is trusted: the process's real ones. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** Of this process. */
export function readIdentity(): Identity {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

/**
 * The text of a configuration file that only its owner can have written (spec config §1.8, W-10, W-11): an absolute
 * path, a regular file of at most 1 MiB, owned by the real user or root (any owner when we are root), not writable by
 * others, and by its group only when that is root's or our own. The opened file is checked, so that none can be put
 * in its place in between. Throws INVALID_CONFIG.
 */
export function readSafeFile(file: string, identity: Identity = readIdentity()): string {
  const fd = openFile(file);
  try {
    const stats = fstatSync(fd);
    checkStats(file, stats, identity);
    return decode(file, readAll(file, fd));
  } finally {
    closeSync(fd);
  }
}

/** The same check for a file that is loaded by its path afterwards, such as a plugin's. Throws INVALID_CONFIG. */
export function checkSafeFile(file: string, identity: Identity = readIdentity()): void {
  const fd = openFile(file);
  try {
    checkStats(file, fstatSync(fd), identity);
  } finally {
    closeSync(fd);
  }
}

function openFile(file: string): number {
  if (!isAbsolute(file)) throw refusal(file, 'is not an absolute path', 'write the path from / on');
  if (file.includes('\0')) throw refusal(JSON.stringify(file), 'has a NUL character', 'write a path');
  try {
    // O_NONBLOCK: a FIFO must not hang the start; it is refused below.
    return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (thrown) {
    const errno = errnoName(thrown);
    const message = errno === 'ENOENT' ? 'does not exist' : `cannot be opened: ${errno ?? String(thrown)}`;
    throw refusal(file, message, 'check the path and its permissions', thrown);
  }
}

/** Throws for a file that somebody else may have written. Pure. */
export function checkStats(
  file: string,
  stats: Pick<Stats, 'uid' | 'gid' | 'mode' | 'size' | 'isFile'>,
  identity: Identity,
): void {
  const { uid, gid, mode, size } = stats;
  if (!stats.isFile()) throw refusal(file, 'is not a regular file', 'name a file');
  if (identity.uid !== 0 && uid !== identity.uid && uid !== 0) {
    throw refusal(file, `is owned by user ${uid}`, `it must belong to user ${identity.uid} or root`);
  }
  if ((mode & 0o002) !== 0) throw refusal(file, 'is writable by everybody', `chmod o-w ${file}`);
  if ((mode & 0o020) !== 0 && gid !== 0 && gid !== identity.gid) {
    throw refusal(file, `is writable by group ${gid}`, `chmod g-w ${file}`);
  }
  if (size > maxConfigBytes) throw refusal(file, `has ${size} bytes`, `at most ${maxConfigBytes}`);
}

/** Never more than the bound, whatever the file grows to meanwhile. */
function readAll(file: string, fd: number): Buffer {
  const buffer = Buffer.alloc(maxConfigBytes + 1);
  let length = 0;
  for (;;) {
    const count = readSync(fd, buffer, length, buffer.length - length, null);
    if (count === 0) return buffer.subarray(0, length);
    length += count;
    if (length > maxConfigBytes) throw refusal(file, 'has too many bytes', `at most ${maxConfigBytes}`);
  }
}

function decode(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw refusal(file, 'is not UTF-8 text', 'name a YAML file', thrown);
  }
}

function refusal(file: string, message: string, remedy: string, cause?: unknown): WcaError {
  const errno = errnoName(cause);
  return new WcaError('INVALID_CONFIG', {
    subject: file,
    message,
    remedy,
    ...(cause === undefined ? {} : { cause }),
    ...(errno === undefined ? {} : { errno }),
  });
}
