import { closeSync, readSync } from 'node:fs';
import type { Libc } from '../libc.ts';
import { encodeAttr } from './attr.ts';
import type { PerfEvent } from './events.ts';
import { checkGroupRead, groupReadBytes } from './read-format.ts';
import { GroupProgress, type Progress, progressWords } from './scale.ts';

const flagPidCgroup = 4;
const flagCloexec = 8;
const ioctlEnable = 0x2400;

/** Where the events of one cgroup are opened. */
export interface GroupPlace {
  readonly libc: Libc;
  /** Descriptor of the cgroup's directory on the perf hierarchy; needed only while opening. */
  readonly directoryFd: number;
  readonly cpu: number;
  /** Where the groups live; memory of their own when undefined. */
  readonly memory?: GroupMemory;
}

/** An event that the kernel refused. */
export interface Refusal {
  readonly event: PerfEvent;
  readonly errno: string;
}

/** Words for the largest group (limits.maxEvents); shared, for a reading is used up before the next one. */
export class GroupBuffer {
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;

  constructor(events: number) {
    const memory = new ArrayBuffer(groupReadBytes(events) + 8);
    this.words = new Uint32Array(memory);
    this.bytes = new Uint8Array(memory);
  }
}

/** Descriptors of groups that are being opened, and where they will live. */
interface OpenGroup {
  readonly fds: number[];
  readonly slots: number[];
  readonly software: boolean;
}

/**
 * Room for the groups of one cgroup, in few large pieces: a cgroup has one group a CPU, and a typed array for each would
 * take ten times the memory.
 */
export class GroupMemory {
  readonly #pieceWords: number;
  #piece = new Uint32Array(0);
  #used = 0;
  /** Lists of slots that groups have, each once: nearly all CPUs have the same. */
  readonly #slots = new Map<string, readonly number[]>();

  /** `groups` is how many of `events` are expected. */
  constructor(groups: number, events: number) {
    this.#pieceWords = Math.max(1, groups) * (events + progressWords(events));
  }

  place({ fds, slots }: Pick<OpenGroup, 'fds' | 'slots'>): PerfGroup {
    const words = fds.length + progressWords(fds.length);
    if (this.#used + words > this.#piece.length) {
      this.#piece = new Uint32Array(Math.max(words, this.#pieceWords));
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += words;
    this.#piece.set(fds, at);
    return new PerfGroup(this.#intern(slots), this.#piece, at);
  }

  #intern(slots: readonly number[]): readonly number[] {
    const key = slots.join(' ');
    const known = this.#slots.get(key) ?? slots;
    this.#slots.set(key, known);
    return known;
  }
}

/** Events counted together on one CPU for one cgroup: one read returns them all, taken at the same moment. */
export class PerfGroup {
  /** Places of the events' totals. */
  readonly slots: readonly number[];
  /** Descriptors from `#at` on, leader first, then what GroupProgress keeps. */
  readonly #memory: Uint32Array;
  readonly #at: number;
  readonly #progress: GroupProgress;

  constructor(slots: readonly number[], memory: Uint32Array, at: number) {
    this.slots = slots;
    this.#memory = memory;
    this.#at = at;
    this.#progress = new GroupProgress(slots.length, memory, at + slots.length);
  }

  get descriptors(): number {
    return this.slots.length;
  }

  /** Enabled over running time of the last interval. */
  get factor(): number {
    return this.#progress.factor;
  }

  /** One read(2) of the leader. What cannot be read or understood counts as starved: nothing is known. */
  read(buffer: GroupBuffer, totals: Uint32Array): Progress {
    let bytes: number;
    try {
      bytes = readSync(this.#memory[this.#at] ?? 0, buffer.bytes, 0, buffer.bytes.length, null);
    } catch {
      return 'starved';
    }
    if (checkGroupRead(buffer.words, bytes, this.slots.length) !== undefined) return 'starved';
    return this.#progress.advance(buffer.words, totals, this.slots);
  }

  close(): void {
    closeAll([...this.#memory.subarray(this.#at, this.#at + this.slots.length)]);
  }
}

/**
 * Opens the events at `slots` of `events` on one CPU, in as few groups as the kernel takes: software events in one,
 * the others in another; an event that does not fit beside the others any more (EINVAL) leads a further group, which
 * the kernel multiplexes. When one event is refused, or a group cannot be enabled, everything opened here is closed and
 * the event, or the leader, is named.
 */
export function openGroups(
  place: GroupPlace,
  events: readonly PerfEvent[],
  slots: readonly number[],
): PerfGroup[] | Refusal {
  const groups: OpenGroup[] = [];
  const refuse = (event: PerfEvent, errno: string): Refusal => {
    for (const { fds } of groups) closeAll(fds);
    return { event, errno };
  };
  for (const slot of slots) {
    const event = events[slot];
    if (event === undefined) continue;
    const open = groups.findLast((group) => group.software === event.software);
    let call = openEvent(place, event, open?.fds[0]);
    if (call.ok) {
      if (open === undefined) groups.push({ fds: [call.value], slots: [slot], software: event.software });
      else {
        open.fds.push(call.value);
        open.slots.push(slot);
      }
      continue;
    }
    if (open === undefined || call.errno !== 'EINVAL') return refuse(event, call.errno);
    call = openEvent(place, event, undefined);
    if (!call.ok) return refuse(event, call.errno);
    groups.push({ fds: [call.value], slots: [slot], software: event.software });
  }
  for (const { fds, slots: of } of groups) {
    const enabled = place.libc.ioctl(fds[0] ?? -1, ioctlEnable, 0);
    const leader = events[of[0] ?? -1];
    if (!enabled.ok && leader !== undefined) return refuse(leader, enabled.errno);
  }
  const memory = place.memory ?? new GroupMemory(groups.length, slots.length);
  return groups.map((group) => memory.place(group));
}

/**
 * Leaders and members alike are bound to the cgroup, as perf(1) does it. The original binds its leader only (spec
 * measurements §3.3). No RESET: a group that was just opened counts from 0.
 */
function openEvent({ libc, directoryFd, cpu }: GroupPlace, event: PerfEvent, leader: number | undefined) {
  const attr = encodeAttr({ ...event, disabled: leader === undefined });
  return libc.perfEventOpen(attr, { pid: directoryFd, cpu, groupFd: leader ?? -1, flags: flagPidCgroup | flagCloexec });
}

function closeAll(fds: readonly number[]): void {
  // Members first: closing a leader would make its members leaders of their own.
  for (const fd of [...fds].reverse()) {
    try {
      closeSync(fd);
    } catch {
      // close(2) frees the descriptor whatever it returns.
    }
  }
}
