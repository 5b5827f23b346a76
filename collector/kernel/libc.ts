import { createRequire } from 'node:module';
import type koffi from 'koffi';
import { WcaError } from '../../shared/errors/wca-error.ts';

/** The outcome of a system call: its value, or the name of its error (`ENOENT`). */
export type Call = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly errno: string };

/** Who is at the other end of a Unix socket; unix(7), SO_PEERCRED. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** RLIMIT_NOFILE; getrlimit(2). */
export interface OpenFileLimit {
  readonly soft: number;
  readonly hard: number;
}

/** The system calls that Node does not offer. Numbers and Buffers only: nobody else sees a pointer. */
export interface Libc {
  /** perf_event_open(2). `pid` is a directory's descriptor with PERF_FLAG_PID_CGROUP. The value is a descriptor. */
  perfEventOpen(attr: Buffer, target: PerfTarget): Call;
  /** ioctl(2) with an integer argument. */
  ioctl(fd: number, request: number, argument: number): Call;
  /** undefined when the kernel does not say. */
  peerCredentials(fd: number): PeerCredentials | undefined;
  openFileLimit(): OpenFileLimit | undefined;
  /** Sets the soft limit of open files; the hard one stays. */
  setOpenFileLimit(limit: OpenFileLimit): Call;
  /**
   * move_pages(2) of pages that only this process has (MPOL_MF_MOVE), off the main thread: at most one at a time, for it
   * takes one of the four threads that Node has. The buffers must not be touched until it is done.
   */
  movePages(batch: PageBatch): Promise<Call>;
  /** migrate_pages(2), off the main thread. The value is the number of pages that stayed. */
  migratePages(pid: number, from: Buffer, to: Buffer): Promise<Call>;
}

/** Pages of a process; move_pages(2). */
export interface PageBatch {
  readonly pid: number;
  readonly count: number;
  /** Addresses, 64 bits each. */
  readonly addresses: Buffer;
  /** Where they shall go, 32 bits each; undefined: they stay, and only the answer is wanted. */
  readonly nodes: Buffer | undefined;
  /** The answer: of each page its node or, below 0, its errno. */
  readonly status: Buffer;
}

/** What a perf event counts and where; perf_event_open(2). */
export interface PerfTarget {
  readonly pid: number;
  readonly cpu: number;
  /** Descriptor of the leader, or -1 (the kernel's own number for "none") for a leader. */
  readonly groupFd: number;
  readonly flags: number;
}

/**
 * perf_event_open by architecture; arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h. Only those
 * that are little-endian and have the generic ioctl numbers, which the rest of perf/ counts on.
 */
const perfEventOpenNumber: Readonly<Record<string, number>> = { x64: 298, arm64: 241, riscv64: 241 };
/** move_pages and migrate_pages; the same sources. */
const movePagesNumber: Readonly<Record<string, number>> = { x64: 279, arm64: 239, riscv64: 239 };
const migratePagesNumber: Readonly<Record<string, number>> = { x64: 256, arm64: 238, riscv64: 238 };
/** MPOL_MF_MOVE; include/uapi/linux/mempolicy.h. */
const moveOwnPages = 2;
const solSocket = 1;
const soPeercred = 17;
const rlimitNofile = 7;

/** glibc, then musl by architecture. */
const libraries = ['libc.so.6', 'libc.musl-x86_64.so.1', 'libc.musl-aarch64.so.1', 'libc.musl-riscv64.so.1'];
const maxLimit = 2n ** 64n - 1n;

/** Loads the C library. Throws FEATURE_ABSENT where there is none that koffi can load. */
export function loadLibc(): Libc {
  const ffi = loadKoffi();
  const library = loadFirst(ffi, libraries);
  const number = perfEventOpenNumber[process.arch];
  // Declared with fixed arguments: integers only, as the kernel takes them. Group reads need no FFI (kernel-notes §1).
  const perfOpen = library.func('syscall', 'long', ['long', 'void *', 'int', 'int', 'int', 'ulong']);
  const pages = library.func('syscall', 'long', ['long', 'int', 'ulong', 'void *', 'void *', 'void *', 'int']);
  const ioctl = library.func('ioctl', 'int', ['int', 'ulong', 'ulong']);
  const getsockopt = library.func('int getsockopt(int fd, int level, int name, void *value, _Inout_ uint32_t *length)');
  const getrlimit = library.func('getrlimit', 'int', ['int', 'void *']);
  const setrlimit = library.func('setrlimit', 'int', ['int', 'void *']);
  const names = new Map(Object.entries(ffi.os.errno).map(([name, code]) => [code, name]));
  // errno must be taken at once: any call of node:fs in between overwrites it.
  const answer = (value: unknown): Call => {
    const result = Number(value);
    if (result >= 0) return { ok: true, value: result };
    const code = ffi.errno();
    return { ok: false, errno: names.get(code) ?? `errno ${code}` };
  };
  const offThread = (call: number | undefined, ...words: readonly unknown[]): Promise<Call> =>
    call === undefined
      ? Promise.resolve({ ok: false, errno: 'ENOSYS' })
      : new Promise((resolve, reject) => {
          // koffi restores the errno of the call for its callback only.
          pages.async(call, ...words, (error: unknown, result: unknown) => {
            if (error === null || error === undefined) resolve(answer(result));
            else reject(error);
          });
        });
  return {
    movePages: ({ pid, count, addresses, nodes, status }) =>
      offThread(movePagesNumber[process.arch], pid, count, addresses, nodes ?? null, status, moveOwnPages),
    // The kernel takes one bit less than it is told.
    migratePages: (pid, from, to) =>
      offThread(migratePagesNumber[process.arch], pid, to.length * 8 + 1, from, to, null, 0),
    perfEventOpen: (attr, { pid, cpu, groupFd, flags }) =>
      number === undefined ? { ok: false, errno: 'ENOSYS' } : answer(perfOpen(number, attr, pid, cpu, groupFd, flags)),
    ioctl: (fd, request, argument) => answer(ioctl(fd, request, argument)),
    peerCredentials: (fd) => {
      const bytes = Buffer.alloc(12);
      if (!answer(getsockopt(fd, solSocket, soPeercred, bytes, [bytes.length])).ok) return undefined;
      return { pid: bytes.readInt32LE(0), uid: bytes.readUInt32LE(4), gid: bytes.readUInt32LE(8) };
    },
    openFileLimit: () => {
      const bytes = Buffer.alloc(16);
      if (!answer(getrlimit(rlimitNofile, bytes)).ok) return undefined;
      return { soft: Number(bytes.readBigUInt64LE(0)), hard: Number(bytes.readBigUInt64LE(8)) };
    },
    setOpenFileLimit: ({ soft, hard }) => {
      const bytes = Buffer.alloc(16);
      bytes.writeBigUInt64LE(toLimitWord(soft), 0);
      bytes.writeBigUInt64LE(toLimitWord(hard), 8);
      return answer(setrlimit(rlimitNofile, bytes));
    },
  };
}

/**
 * Raises the soft limit of open files to the hard one, and both to `wanted` where the process may. Answers the limit in
 * force.
 */
export function raiseOpenFileLimit(libc: Libc, wanted: number): number {
  const limit = libc.openFileLimit();
  if (limit === undefined) return 1024; // what every kernel allows by default
  const higher = { soft: wanted, hard: Math.max(wanted, limit.hard) };
  if (wanted > limit.hard && libc.setOpenFileLimit(higher).ok) return higher.soft;
  const soft = Math.max(limit.soft, Math.min(wanted, limit.hard));
  if (soft > limit.soft && !libc.setOpenFileLimit({ soft, hard: limit.hard }).ok) return limit.soft;
  return soft;
}

/** RLIM_INFINITY, all ones, is not a double: as a number it is one too many. */
function toLimitWord(limit: number): bigint {
  const word = BigInt(limit);
  return word > maxLimit ? maxLimit : word;
}

/** Loaded here and not by an import, which would end the process with koffi's own words where its binary is missing. */
function loadKoffi(): typeof koffi {
  try {
    const loaded: typeof koffi = createRequire(import.meta.url)('koffi');
    return loaded;
  } catch (error) {
    throw new WcaError('FEATURE_ABSENT', {
      subject: 'koffi',
      message: `its native module for ${process.platform} ${process.arch} cannot be loaded: ${reasonOf(error)}`,
      remedy: 'install WCA with its optional dependencies (npm ci without --omit=optional), on this machine',
      cause: error,
    });
  }
}

function loadFirst(ffi: typeof koffi, names: readonly string[]): ReturnType<typeof koffi.load> {
  const reasons: string[] = [];
  for (const name of names) {
    try {
      return ffi.load(name);
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  }
  throw new WcaError('FEATURE_ABSENT', {
    subject: 'C library',
    message: `cannot load any of ${names.join(', ')}: ${reasons[0] ?? ''}`,
    remedy: 'run WCA on a Linux with glibc or musl',
  });
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}
