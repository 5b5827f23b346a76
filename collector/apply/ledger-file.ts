import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoName, WcaError } from '../../shared/errors/wca-error.ts';
import {
  applyRecord,
  emptyLedger,
  formatLedger,
  formatRecord,
  type LedgerRecord,
  type LedgerState,
  parseLedger,
} from './ledger-format.ts';

/** Larger than this, and twice what it would be, the file is written anew. */
const leastCompactBytes = 1024 * 1024;
const maxReadBytes = 256 * 1024 * 1024;

export interface LedgerFileOptions {
  /** Absolute; made when it is not there. On tmpfs. */
  readonly folder: string;
  readonly procfs: string;
  /** This process, whom others may find in the lock. */
  readonly pid: number;
  readonly uid: number;
}

/**
 * The originals of everything that was allocated, in a file that outlives the process: lines appended before and after
 * each batch of writes. One collector at a time: whoever has the lock.
 */
export class LedgerFile {
  readonly state: LedgerState;
  readonly #options: LedgerFileOptions;
  readonly #boot: string;
  #fd: number;
  #bytes = 0;
  #compactAtBytes = leastCompactBytes;
  #closed = false;

  /** Opens, locks and reads it. Throws PERMISSION, UNAVAILABLE (another collector has it), KERNEL_REFUSED. */
  constructor(options: LedgerFileOptions) {
    this.#options = options;
    const { folder, procfs, uid } = options;
    makeFolder(folder, uid);
    this.#boot = readFileSync(join(procfs, 'sys/kernel/random/boot_id'), 'utf8').trim();
    takeLock(options);
    this.state = parseLedger(readOwn(this.#path, uid), this.#boot) ?? emptyLedger();
    this.#fd = this.#writeAnew();
  }

  get #path(): string {
    return join(this.#options.folder, 'ledger');
  }

  /** Remembers records. Throws KERNEL_REFUSED when they cannot be written: then nothing may be done. */
  append(...records: readonly LedgerRecord[]): void {
    if (this.#closed) throw new WcaError('CANCELLED', { subject: 'ledger', message: 'the collector is stopping' });
    const bytes = Buffer.from(records.map(formatRecord).join(''));
    try {
      let at = 0;
      while (at < bytes.length) at += writeSync(this.#fd, bytes, at);
    } catch (thrown) {
      throw notWritten(this.#path, thrown);
    }
    this.#bytes += bytes.length;
    for (const record of records) applyRecord(this.state, record);
    if (this.#bytes > this.#compactAtBytes) this.#compact();
  }

  /** Gives the lock back. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
    unlinkSync(join(this.#options.folder, 'lock'));
  }

  #compact(): void {
    const before = this.#fd;
    this.#fd = this.#writeAnew();
    closeSync(before);
  }

  /** Writes beside and renames: there is a whole ledger at any moment. */
  #writeAnew(): number {
    const beside = `${this.#path}.new`;
    try {
      const text = Buffer.from(formatLedger(this.state, this.#boot));
      const fd = openSync(
        beside,
        constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
        0o600,
      );
      let at = 0;
      while (at < text.length) at += writeSync(fd, text, at);
      fsyncSync(fd);
      renameSync(beside, this.#path);
      this.#bytes = text.length;
      this.#compactAtBytes = Math.max(leastCompactBytes, 2 * text.length);
      return fd;
    } catch (thrown) {
      throw notWritten(beside, thrown);
    }
  }
}

function makeFolder(folder: string, uid: number): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder);
    if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o022) !== 0) {
      const message = 'is no folder of this user that nobody else may write to';
      throw new WcaError('PERMISSION', { subject: folder, message, remedy: 'give another folder with --ledger' });
    }
  } catch (thrown) {
    throw thrown instanceof WcaError ? thrown : notWritten(folder, thrown);
  }
}

/** The text; empty where there is none. Throws PERMISSION for a file of somebody else. */
function readOwn(path: string, uid: number): string {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (thrown) {
    if (errnoName(thrown) === 'ENOENT') return '';
    throw notWritten(path, thrown);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.uid !== uid || stat.size > maxReadBytes) {
      const message = 'is no ledger of this user';
      throw new WcaError('PERMISSION', {
        subject: path,
        message,
        remedy: 'remove it, or give another folder with --ledger',
      });
    }
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** Throws UNAVAILABLE while another living collector has it. A lock of a dead one is taken over. */
function takeLock({ folder, procfs, pid }: LedgerFileOptions): void {
  const path = join(folder, 'lock');
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const fd = openSync(
        path,
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
        0o600,
      );
      writeSync(fd, `${pid} ${startTimeOf(procfs, pid)}\n`);
      closeSync(fd);
      return;
    } catch (thrown) {
      if (errnoName(thrown) !== 'EEXIST') throw notWritten(path, thrown);
    }
    const [, owner = '', start = ''] = /^(\d+) (\d*)\n$/.exec(readFileSync(path, 'utf8')) ?? [];
    // Its own number is that of a process before a reset of the machine.
    const isOther = owner !== '' && start !== '' && Number(owner) !== pid;
    if (isOther && startTimeOf(procfs, Number(owner)) === start) {
      throw new WcaError('UNAVAILABLE', {
        subject: path,
        message: `another collector (pid ${owner}) allocates on this host`,
        remedy: 'stop it first: the original values of a host are kept in one place',
      });
    }
    unlinkSync(path);
  }
  throw new WcaError('UNAVAILABLE', { subject: path, message: 'others take the lock again and again' });
}

/**
 * Field 22 of /proc/PID/stat: tells a process from a later one of the same number. Empty when there is none, or when it
 * is dead and only not reaped yet (state Z or X).
 */
function startTimeOf(procfs: string, pid: number): string {
  try {
    const stat = readFileSync(join(procfs, String(pid), 'stat'), 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

function notWritten(path: string, thrown: unknown): WcaError {
  const errno = errnoName(thrown) ?? 'UNKNOWN';
  return new WcaError(errno === 'EACCES' || errno === 'EPERM' || errno === 'EROFS' ? 'PERMISSION' : 'KERNEL_REFUSED', {
    subject: path,
    errno,
    message: `the ledger of original values cannot be kept: ${errno}`,
    remedy:
      errno === 'ENOSPC' || errno === 'EDQUOT'
        ? 'make room on its file system: until then nothing is allocated, for it could not be undone'
        : 'run the collector as root, or give it a folder of its own with --ledger',
    cause: thrown,
  });
}
