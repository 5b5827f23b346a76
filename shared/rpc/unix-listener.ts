import { chmodSync, chownSync, closeSync, lstatSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { errnoName, toWcaError, WcaError } from '../errors/wca-error.ts';

/** sizeof(sun_path) of unix(7), less the terminating NUL. */
const maxSocketPathBytes = 107;

export interface UnixListenOptions {
  readonly path: string;
  /** Permission bits of the socket: 0o660. */
  readonly mode: number;
  /** Group that owns the socket; undefined keeps this process's. */
  readonly gid?: number;
}

/** `unix:/run/wca/collector.sock`, `unix:///run/wca/collector.sock` → the path. Throws INVALID_ARGUMENT. */
export function parseUnixAddress(address: string): string {
  const path = /^unix:(?:\/\/)?(\/[^/].*)$/s.exec(address)?.[1];
  const fault =
    path === undefined
      ? 'is not of the form unix:/absolute/path'
      : path.includes('\0')
        ? 'contains NUL'
        : Buffer.byteLength(path) > maxSocketPathBytes
          ? `has a path longer than ${maxSocketPathBytes} bytes, the kernel's limit for sockets`
          : undefined;
  if (path !== undefined && fault === undefined) return path;
  throw new WcaError('INVALID_ARGUMENT', {
    subject: `address ${address.slice(0, 200)}`,
    message: fault ?? 'cannot be used',
    remedy: 'use an address such as unix:/run/wca/collector.sock',
  });
}

/**
 * Makes `server` listen on a Unix socket with the given owner and mode from the first moment on. A socket that nobody
 * answers on is removed first; one that lives is left alone (KERNEL_REFUSED), as is a file that is no socket.
 */
export async function listenOnUnixSocket(server: Server, options: UnixListenOptions): Promise<void> {
  const unlock = takeLock(`${options.path}.lock`);
  try {
    await removeStaleSocket(options.path);
    // Nobody but the owner may connect before group and mode are set.
    const umask = process.umask(0o177);
    try {
      await listening(server, options.path);
    } finally {
      process.umask(umask);
    }
    if (options.gid !== undefined) chownSync(options.path, -1, options.gid);
    chmodSync(options.path, options.mode);
  } catch (thrown) {
    throw listenError(thrown, options.path);
  } finally {
    unlock();
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function removeStaleSocket(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) {
    throw new WcaError('KERNEL_REFUSED', {
      subject: path,
      message: 'exists and is not a socket',
      remedy: 'remove it, or listen elsewhere',
    });
  }
  if (await isAnswered(path)) {
    throw new WcaError('KERNEL_REFUSED', {
      subject: path,
      message: 'another process listens on this socket',
      remedy: 'stop it, or listen elsewhere',
      errno: 'EADDRINUSE',
    });
  }
  unlinkSync(path);
}

/** Only a refused connection says that nobody listens; a full backlog (EAGAIN) says the opposite. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error) => resolve(errnoName(error) !== 'ECONNREFUSED' && errnoName(error) !== 'ENOENT'));
  });
}

/** Keeps two starting processes from removing each other's socket. Held for moments; a dead holder's lock is broken. */
function takeLock(path: string): () => void {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const fd = openSync(path, 'wx', 0o600);
      writeSync(fd, `${process.pid}\n`);
      closeSync(fd);
      return () => unlinkQuietly(path);
    } catch (thrown) {
      if (errnoName(thrown) !== 'EEXIST') throw listenError(thrown, path);
      if (isHeld(path)) break;
      unlinkQuietly(path);
    }
  }
  throw new WcaError('KERNEL_REFUSED', {
    subject: path,
    message: 'another process is about to listen on this socket',
    remedy: `try again; if nothing is starting, remove ${path}`,
  });
}

/** Whether the process that made the lock is alive. An empty lock is being written right now. */
function isHeld(path: string): boolean {
  try {
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
    if (Number.isNaN(pid)) return true;
    // In a container the next process often has the number of the one that crashed.
    if (pid === process.pid) return false;
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return errnoName(thrown) === 'EPERM';
  }
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another starting process was faster; whoever needs to know finds out by its next step.
  }
}

function listenError(thrown: unknown, path: string): WcaError {
  const error = toWcaError(thrown, `cannot listen on ${path}`, 'KERNEL_REFUSED');
  if (error === thrown || error.errno !== 'ENOENT') return error;
  return new WcaError('KERNEL_REFUSED', {
    subject: `cannot listen on ${path}`,
    message: 'its folder does not exist',
    remedy: 'make the folder, or listen elsewhere',
    errno: 'ENOENT',
    cause: thrown,
  });
}
