import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Call, Libc, OpenFileLimit, PeerCredentials, PerfTarget } from '../../collector/kernel/libc.ts';

/** One perf_event_open as it was asked for. */
export interface PerfOpen extends PerfTarget {
  readonly type: number;
  readonly config: bigint;
  readonly disabled: boolean;
}

interface Behaviour {
  /** Error of ioctl; undefined: it succeeds. */
  readonly ioctl?: () => string | undefined;
  /** The file behind an event, instead of an empty one. */
  readonly file?: (open: PerfOpen) => string;
}

/** A libc whose perf events are descriptors of plain files; `answer` refuses. Counts what is open. */
export class FakeLibc implements Libc {
  readonly opens: PerfOpen[] = [];
  /** Descriptors handed out and the files they are open on: numbers alone are used again by others. */
  readonly #files = new Map<number, string>();
  readonly #answer: (open: PerfOpen, count: number) => string | undefined;

  readonly #behaviour: Behaviour;

  constructor(
    answer: (open: PerfOpen, count: number) => string | undefined = () => undefined,
    behaviour: Behaviour = {},
  ) {
    this.#answer = answer;
    this.#behaviour = behaviour;
  }

  perfEventOpen(attr: Buffer, target: PerfTarget): Call {
    const open = {
      ...target,
      type: attr.readUInt32LE(0),
      config: attr.readBigUInt64LE(8),
      disabled: (attr.readUInt32LE(40) & 1) === 1,
    };
    const errno = this.#answer(open, this.opens.length);
    this.opens.push(open);
    if (errno !== undefined) return { ok: false, errno };
    const file = this.#behaviour.file?.(open);
    const path = file ?? join(tmpdir(), `wca-fake-event-${randomUUID()}`);
    if (file === undefined) writeFileSync(path, '');
    const fd = openSync(path, 'r');
    if (file === undefined) unlinkSync(path);
    this.#files.set(fd, path);
    return { ok: true, value: fd };
  }

  ioctl(): Call {
    const errno = this.#behaviour.ioctl?.();
    return errno === undefined ? { ok: true, value: 0 } : { ok: false, errno };
  }

  peerCredentials(_fd: number): PeerCredentials | undefined {
    return undefined;
  }

  openFileLimit(): OpenFileLimit | undefined {
    return undefined;
  }

  setOpenFileLimit(_limit: OpenFileLimit): Call {
    return { ok: false, errno: 'EPERM' };
  }

  async movePages(): Promise<Call> {
    return { ok: false, errno: 'ENOSYS' };
  }

  async migratePages(): Promise<Call> {
    return { ok: false, errno: 'ENOSYS' };
  }

  /** Descriptors handed out and not closed; closes them. */
  leaked(): number {
    const open = [...this.#files].filter(([fd, path]) => isOpenOn(fd, path));
    for (const [fd] of open) closeSync(fd);
    return open.length;
  }
}

function isOpenOn(fd: number, path: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path);
  } catch {
    return false; // closed
  }
}
