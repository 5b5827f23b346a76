import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { classifyErrno, systemError, thrownErrno } from '../errno.ts';
import { canonicalControlText, writtenControlText } from './control-text.ts';
import { type CgroupDirectory, openCgroupDirectory } from './directory.ts';
import type { CgroupLayout, Hierarchy } from './layout.ts';
import { checkCgroupPath, pathBelowMount } from './path.ts';

/** A control file of one cgroup, this one and no other under the same path. */
export interface ControlFileId {
  /** Hierarchy.name. */
  readonly hierarchy: string;
  readonly path: string;
  /** Decimal. */
  readonly inode: string;
  readonly file: string;
}

type Opened = Extract<Reading<{ readonly fd: number; readonly writable: boolean }>, { readonly ok: true }>;

/** What the targets of one batch of the ledger need, so that planning and writing open each once. */
const maxDirectories = 96;
const maxFiles = 256;
const maxBytes = 4096;

/**
 * Control files of cgroups, read and written while a batch is worked on. Opened beneath the cgroup's own directory,
 * never made, no link followed. Keeps the last ones open until `close`.
 */
export class ControlSession {
  readonly #layout: CgroupLayout;
  readonly #buffer = Buffer.allocUnsafe(maxBytes);
  readonly #directories = new Map<string, CgroupDirectory>();
  readonly #files = new Map<string, Opened>();

  constructor(layout: CgroupLayout) {
    this.#layout = layout;
  }

  /** The directory of a path on a hierarchy, whichever cgroup it is now: CGROUP_GONE when there is none. */
  directory(hierarchy: Hierarchy, path: string): Reading<CgroupDirectory> {
    const key = `${hierarchy.name}\0${path}`;
    const known = this.#directories.get(key);
    if (known !== undefined) {
      // What is used stays: the parent of many.
      this.#directories.delete(key);
      this.#directories.set(key, known);
      return { ok: true, value: known };
    }
    const opened = this.#openDirectory(hierarchy, path);
    if (!opened.ok) return opened;
    evict(this.#directories, maxDirectories, (directory) => directory.close());
    this.#directories.set(key, opened.value);
    return opened;
  }

  /** From the parent, which is kept open, so that a cgroup among many costs one system call. */
  #openDirectory(hierarchy: Hierarchy, path: string): Reading<CgroupDirectory> {
    const checked = checkCgroupPath(path);
    if (!checked.ok) return checked;
    const cut = path.lastIndexOf('/');
    const above = path.slice(0, cut);
    if (above === '' || pathBelowMount(hierarchy, above) === undefined) return openCgroupDirectory(hierarchy, path);
    const parent = this.directory(hierarchy, above);
    return parent.ok ? parent.value.openChild(path.slice(cut + 1), path) : parent;
  }

  /** Inode of the directory of a path on a hierarchy (its name), decimal. CGROUP_GONE. */
  readInode(name: string, path: string): Reading<string> {
    const hierarchy = this.#hierarchy(name);
    if (hierarchy === undefined) return { ok: false, error: systemError(`${path} (${name})`, 'ENOENT') };
    const directory = this.directory(hierarchy, path);
    return directory.ok ? { ok: true, value: String(directory.value.inode) } : directory;
  }

  /** Its canonical text. FEATURE_ABSENT when the cgroup has no such file (now), CGROUP_GONE, KERNEL_REFUSED, PERMISSION. */
  read(id: ControlFileId): Reading<string> {
    return this.#read(id, keyOf(id));
  }

  #read(id: ControlFileId, key: string): Reading<string> {
    const isKept = this.#files.has(key);
    const file = this.#open(id, key);
    if (!file.ok) return file;
    try {
      const length = readSync(file.value.fd, this.#buffer, 0, maxBytes, 0);
      return { ok: true, value: canonicalControlText(id.file, this.#buffer.toString('latin1', 0, length)) };
    } catch (thrown) {
      this.#drop(key);
      const errno = thrownErrno(thrown);
      // The file alone may be gone, with its controller: opening tells.
      return isKept && classifyErrno(errno) === 'gone' ? this.#read(id, key) : { ok: false, error: refusal(id, errno) };
    }
  }

  /** Writes a canonical text; answers what the file has then. */
  write(id: ControlFileId, text: string): Reading<string> {
    const key = keyOf(id);
    const isKept = this.#files.has(key);
    const file = this.#open(id, key);
    if (!file.ok) return file;
    if (!file.value.writable) return { ok: false, error: refusal(id, 'EACCES') };
    try {
      writeSync(file.value.fd, writtenControlText(id.file, text), 0, 'latin1');
    } catch (thrown) {
      this.#drop(key);
      const errno = thrownErrno(thrown);
      return isKept && classifyErrno(errno) === 'gone'
        ? this.write(id, text)
        : { ok: false, error: refusal(id, errno, text) };
    }
    return this.#read(id, key);
  }

  close(): void {
    for (const file of this.#files.values()) closeFile(file);
    for (const directory of this.#directories.values()) directory.close();
    this.#files.clear();
    this.#directories.clear();
  }

  #open(id: ControlFileId, key: string): Opened | { readonly ok: false; readonly error: WcaError } {
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const hierarchy = this.#hierarchy(id.hierarchy);
    if (hierarchy === undefined || id.file.includes('/')) return { ok: false, error: refusal(id, 'ENOENT') };
    const directory = this.directory(hierarchy, id.path);
    if (!directory.ok) return directory;
    if (String(directory.value.inode) !== id.inode) return { ok: false, error: gone(id) };
    try {
      const file: Opened = { ok: true, value: openControl(directory.value.filePath(id.file)) };
      evict(this.#files, maxFiles, closeFile);
      this.#files.set(key, file);
      return file;
    } catch (thrown) {
      const errno = thrownErrno(thrown);
      if (classifyErrno(errno) === 'missing' && !directory.value.isAlive()) return { ok: false, error: gone(id) };
      return { ok: false, error: refusal(id, errno) };
    }
  }

  #hierarchy(name: string): Hierarchy | undefined {
    return this.#layout.hierarchies.find((hierarchy) => hierarchy.name === name);
  }

  /** A descriptor that failed may be of a cgroup, or a file, that is gone. */
  #drop(key: string): void {
    const known = this.#files.get(key);
    if (known === undefined) return;
    this.#files.delete(key);
    closeFile(known);
  }
}

function keyOf({ hierarchy, path, inode, file }: ControlFileId): string {
  return `${hierarchy}\0${path}\0${inode}\0${file}`;
}

/** Read-only files (cpuset.cpus.effective) and those this process may only read are opened for that. */
function openControl(path: string): { readonly fd: number; readonly writable: boolean } {
  try {
    return { fd: openSync(path, constants.O_RDWR | constants.O_NOFOLLOW), writable: true };
  } catch (thrown) {
    if (classifyErrno(thrownErrno(thrown)) !== 'denied') throw thrown;
    return { fd: openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW), writable: false };
  }
}

function closeFile({ value: { fd } }: Opened): void {
  closeSync(fd);
}

/** Makes room for one more: the oldest goes. */
function evict<T>(map: Map<string, T>, max: number, close: (value: T) => void): void {
  const [oldest] = map;
  if (map.size < max || oldest === undefined) return;
  map.delete(oldest[0]);
  close(oldest[1]);
}

function gone({ path, file }: ControlFileId): WcaError {
  const message = 'the cgroup is gone, or another one is under its path';
  return new WcaError('CGROUP_GONE', { subject: `${path} ${file}`, errno: 'ENOENT', message });
}

/** The error for a control file that could not be opened, read or written. */
function refusal(id: ControlFileId, errno: string, text?: string): WcaError {
  const subject = `${id.path} ${id.file}`;
  const wrote = text === undefined ? '' : ` ${JSON.stringify(text)}`;
  switch (classifyErrno(errno)) {
    case 'missing':
      return new WcaError('FEATURE_ABSENT', { subject, errno, message: 'this cgroup has no such file' });
    case 'gone':
      return gone(id);
    case 'denied':
      // cpusets answer EACCES for ids that the parent does not have; cgroup-v1/cpusets.rst.
      return id.file.startsWith('cpuset.') && text !== undefined
        ? new WcaError('KERNEL_REFUSED', {
            subject,
            errno,
            message: `the kernel refuses${wrote}: not within what the parent cgroup has`,
          })
        : new WcaError('PERMISSION', {
            subject,
            errno,
            message: `may not be written${wrote}`,
            remedy: 'run the collector as root or with CAP_DAC_OVERRIDE, with the cgroup file systems mounted writable',
          });
    case 'unsupported':
    case 'failed':
      return new WcaError('KERNEL_REFUSED', {
        subject,
        errno,
        message: `the kernel refuses${wrote}: ${explain(errno)}`,
      });
  }
}

const explanations: Readonly<Record<string, string>> = {
  EINVAL: 'EINVAL, it contradicts what the cgroup, its parent or its children have',
  EBUSY: 'EBUSY, cgroups below have more, or processes sit in an inner cgroup',
  ENOSPC: 'ENOSPC, processes are in it and need some',
  ERANGE: 'ERANGE, out of range',
};

function explain(errno: string): string {
  return explanations[errno] ?? errno;
}
