import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { systemError, thrownErrno } from '../errno.ts';
import type { Hierarchy } from './layout.ts';
import { checkCgroupPath, pathBelowMount } from './path.ts';

const ownDescriptors = '/proc/self/fd';
const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * A cgroup of one hierarchy, this one and no other that is made under its path later. Its descriptor is needed only to
 * open files; `close` gives it back, and what needs it again opens the path anew and compares the inode.
 */
export class CgroupDirectory {
  readonly hierarchy: Hierarchy;
  readonly path: string;
  /** Identity of the cgroup within its hierarchy: another one after the path was made again. */
  readonly inode: bigint;
  #fd: number | undefined;

  constructor(hierarchy: Hierarchy, path: string, fd: number) {
    this.hierarchy = hierarchy;
    this.path = path;
    this.#fd = fd;
    this.inode = fstatSync(fd, { bigint: true }).ino;
  }

  /** The descriptor of the cgroup; throws ENOENT when it is gone. */
  get fd(): number {
    this.#fd ??= this.#reopen();
    return this.#fd;
  }

  /** A path that reaches a file of exactly this cgroup until it is closed; throws ENOENT when it is gone. */
  filePath(name: string): string {
    return `${ownDescriptors}/${this.fd}/${name}`;
  }

  /** Opens a file for reading; the caller closes it. */
  openFile(name: string): Reading<number> {
    if (name.includes('/')) throw new RangeError(`not a file name: ${name}`);
    try {
      return { ok: true, value: openSync(this.filePath(name), constants.O_RDONLY | constants.O_NOFOLLOW) };
    } catch (thrown) {
      return { ok: false, error: systemError(`${this.path} ${name}`, thrownErrno(thrown)) };
    }
  }

  /** The cgroup directly below of that name. CGROUP_GONE, PERMISSION, INVALID_ARGUMENT for a link. */
  openChild(name: string, path: string): Reading<CgroupDirectory> {
    try {
      return {
        ok: true,
        value: new CgroupDirectory(this.hierarchy, path, openSync(this.filePath(name), directoryFlags)),
      };
    } catch (thrown) {
      return { ok: false, error: openError(`${path} (${this.hierarchy.name})`, thrownErrno(thrown)) };
    }
  }

  /** Whether the cgroup still exists: every cgroup of either version has cgroup.procs, a removed one has nothing. */
  isAlive(): boolean {
    try {
      return existsSync(this.filePath('cgroup.procs'));
    } catch {
      return false; // there is none any more, or another one, under its path
    }
  }

  /** Gives the descriptor back; idempotent. What needs it again opens the path anew. */
  close(): void {
    if (this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    closeSync(fd);
  }

  #reopen(): number {
    const opened = openCgroupDirectory(this.hierarchy, this.path);
    if (opened.ok) {
      if (opened.value.inode === this.inode) return opened.value.#take();
      opened.value.close();
    }
    throw Object.assign(new Error(`${this.path} is gone`), { code: 'ENOENT' });
  }

  /** Hands the descriptor over to the caller. */
  #take(): number {
    const fd = this.fd;
    this.#fd = undefined;
    return fd;
  }
}

/**
 * Opens a cgroup beneath the hierarchy's mount point, one path component after the other, so that no link is followed
 * and no `..` leaves the tree. CGROUP_GONE when there is none, PERMISSION, INVALID_ARGUMENT for a bad path or a link.
 */
export function openCgroupDirectory(hierarchy: Hierarchy, path: string): Reading<CgroupDirectory> {
  const checked = checkCgroupPath(path);
  if (!checked.ok) return checked;
  const below = pathBelowMount(hierarchy, path);
  const subject = `${path} (${hierarchy.name})`;
  if (below === undefined) return { ok: false, error: systemError(subject, 'ENOENT') };
  let fd: number | undefined;
  try {
    // Asked first because it costs no exception in the frequent case of a cgroup that is not on this hierarchy.
    if (lstatSync(`${hierarchy.mountPoint}/${below}`, { throwIfNoEntry: false }) === undefined) {
      return { ok: false, error: systemError(subject, 'ENOENT') };
    }
    // The mount point is the host's own and may be reached through links.
    fd = openSync(hierarchy.mountPoint, constants.O_RDONLY | constants.O_DIRECTORY);
    for (const segment of below === '' ? [] : below.split('/')) {
      const parent = fd;
      fd = undefined;
      try {
        fd = openSync(`${ownDescriptors}/${parent}/${segment}`, directoryFlags);
      } finally {
        closeSync(parent);
      }
    }
    return { ok: true, value: new CgroupDirectory(hierarchy, path, fd) };
  } catch (thrown) {
    if (fd !== undefined) closeSync(fd);
    return { ok: false, error: openError(subject, thrownErrno(thrown)) };
  }
}

/** A link opened with O_NOFOLLOW is ELOOP; with O_DIRECTORY too it is ENOTDIR, as is a plain file. */
function openError(subject: string, errno: string): WcaError {
  if (errno !== 'ELOOP' && errno !== 'ENOTDIR') return systemError(subject, errno);
  const message = 'is not a cgroup but a link or a file';
  return new WcaError('INVALID_ARGUMENT', { subject, errno, message });
}
