import { closeSync } from 'node:fs';
import type { Libc } from '../libc.ts';
import { encodeAttr } from './attr.ts';
import { type CounterFacts, generalNeed } from './counter-limit.ts';
import type { PerfEvent } from './perf-event.ts';
import { type CorePmu, encodeFor } from './pmu.ts';
import { groupReadBytes } from './read-format.ts';

const flagPidCgroup = 4;
const flagCloexec = 8;
const ioctlEnable = 0x2400;

/** Where events are opened. */
export interface GroupPlace {
  readonly libc: Libc;
  /**
   * Descriptor of the cgroup's directory on the perf hierarchy; needed only while opening. Undefined: everything that
   * the event's PMU sees on the CPU, or on the socket that the CPU stands for.
   */
  readonly directoryFd: number | undefined;
  readonly cpu: number;
  /** That of the CPU, where the machine has several kinds. */
  readonly pmu: CorePmu | undefined;
  /** Undefined: only the kernel tells how many events fit in a group. */
  readonly counters: CounterFacts | undefined;
}

/** An event that the kernel refused. */
export interface Refusal {
  readonly event: PerfEvent;
  readonly errno: string;
}

/** Events counted together on one CPU: one read returns them all, taken at the same moment. */
export interface OpenedGroup {
  /** Leader first. */
  readonly fds: readonly number[];
  /** Places of the events in the list. */
  readonly slots: readonly number[];
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

interface GrowingGroup {
  readonly fds: number[];
  readonly slots: number[];
  readonly events: PerfEvent[];
}

/**
 * Opens the events at `slots` of `events` on one CPU, in as few groups as can be counted: software events in one, the
 * others in another. An event begins a further group, which the kernel multiplexes, when the kernel refuses it beside
 * the others (EINVAL), and when the group would need more counters than `counters` says are free: the kernel takes
 * such a group, for it does not reckon with the NMI watchdog, and never counts it. Events that the CPU's kind does not
 * know are left out. When one event is refused, or a group cannot be enabled, everything opened here is closed and the
 * event, or the leader, is named.
 */
export function openGroups(
  place: GroupPlace,
  events: readonly PerfEvent[],
  slots: readonly number[],
): OpenedGroup[] | Refusal {
  const groups: GrowingGroup[] = [];
  const refuse = (event: PerfEvent, errno: string): Refusal => {
    for (const { fds } of groups) closeGroup(fds);
    return { event, errno };
  };
  for (const slot of slots) {
    const event = events[slot];
    if (event === undefined || encodeFor(event, place.pmu) === undefined) continue;
    const errno = openInto(groups, place, { event, slot });
    if (errno !== undefined) return refuse(event, errno);
  }
  for (const { fds, events: of } of groups) {
    const enabled = place.libc.ioctl(fds[0] ?? -1, ioctlEnable, 0);
    const [leader] = of;
    if (!enabled.ok && leader !== undefined) return refuse(leader, enabled.errno);
  }
  return groups;
}

/** Adds an event to the last group of its kind, or to a new one. The errno when the kernel refuses it anywhere. */
function openInto(
  groups: GrowingGroup[],
  place: GroupPlace,
  { event, slot }: { readonly event: PerfEvent; readonly slot: number },
): string | undefined {
  const last = groups.findLast((group) => group.events[0]?.software === event.software);
  if (last !== undefined && hasRoom(last, event, place.counters)) {
    const call = openEvent(place, event, last.fds[0]);
    if (call.ok) {
      last.fds.push(call.value);
      last.slots.push(slot);
      last.events.push(event);
      return undefined;
    }
    if (call.errno !== 'EINVAL') return call.errno;
  }
  const call = openEvent(place, event, undefined);
  if (!call.ok) return call.errno;
  groups.push({ fds: [call.value], slots: [slot], events: [event] });
  return undefined;
}

function hasRoom({ events }: GrowingGroup, event: PerfEvent, counters: CounterFacts | undefined): boolean {
  if (event.software || counters === undefined) return true;
  return generalNeed([...events, event], counters) <= counters.general;
}

/**
 * Leaders and members alike are bound to the cgroup, as perf(1) does it. The original binds its leader only (spec
 * measurements §3.3). No RESET: a group that was just opened counts from 0.
 */
function openEvent({ libc, directoryFd, cpu, pmu }: GroupPlace, event: PerfEvent, leader: number | undefined) {
  const { type, config } = encodeFor(event, pmu) ?? event;
  const common = { type, config, config1: event.config1, disabled: leader === undefined };
  const groupFd = leader ?? -1;
  if (directoryFd === undefined) {
    const attr = encodeAttr({ ...common, countGuests: true });
    return libc.perfEventOpen(attr, { pid: -1, cpu, groupFd, flags: flagCloexec });
  }
  const flags = flagPidCgroup | flagCloexec;
  return libc.perfEventOpen(encodeAttr(common), { pid: directoryFd, cpu, groupFd, flags });
}

/** Closes the descriptors of a group. */
export function closeGroup(fds: readonly number[]): void {
  // Members first: closing a leader would make its members leaders of their own.
  for (const fd of [...fds].reverse()) {
    try {
      closeSync(fd);
    } catch {
      // close(2) frees the descriptor whatever it returns.
    }
  }
}
