import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tryParseIdList } from '../../../../shared/kernel-text/list-format.ts';
import { readKernelText } from '../../kernel-file.ts';
import type { KernelRoots } from '../../roots.ts';
import type { Scratch } from '../../scratch.ts';

/** A PMU that belongs to a socket (or to a die, an L3 cache), not to a CPU. */
export interface UncorePmu {
  /** `uncore_imc_0`. */
  readonly name: string;
  /** Its folder in sysfs. */
  readonly folder: string;
  /** Number that perf_event_attr takes and the label `pmu_type` shows; given at boot. */
  readonly type: number;
}

/** More is no list of devices. */
const maxPmus = 4096;

/**
 * The PMUs of this host that have a cpumask, ascending by name and index: `<sysfs>/bus/event_source/devices/<pmu>/`, or
 * `<sysfs>/devices/<pmu>/` where there is no such bus; Documentation/ABI/testing/sysfs-bus-event_source-devices. Those
 * without one (cpu, software, tracepoint, kprobe) count what is not a socket's.
 */
export function readUncorePmus(roots: KernelRoots, scratch: Scratch): readonly UncorePmu[] {
  const bus = join(roots.sysfs, 'bus/event_source/devices');
  const folder = existsSync(bus) ? bus : join(roots.sysfs, 'devices');
  const pmus = listFolder(folder).flatMap((name): UncorePmu[] => {
    const path = join(folder, name);
    if (!existsSync(join(path, 'cpumask'))) return [];
    const type = readKernelText(join(path, 'type'), scratch);
    // perf_event_attr.type is u32; ids of dynamic PMUs are small.
    const [, number] = (type.ok ? /^(\d{1,9})\n?$/.exec(type.value) : null) ?? [];
    return number === undefined ? [] : [{ name, folder: path, type: Number(number) }];
  });
  return pmus.sort(byNameAndIndex);
}

function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path).slice(0, maxPmus);
  } catch {
    return []; // no sysfs, or a kernel without perf
  }
}

function byNameAndIndex(a: UncorePmu, b: UncorePmu): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}

/**
 * The PMUs of a kind: `uncore_imc` is uncore_imc_0, uncore_imc_1, ... or, when there is one, uncore_imc itself; never
 * uncore_imc_free_running_0, which takes other events (W-32).
 */
export function pmusOfKind(pmus: readonly UncorePmu[], kind: string): readonly UncorePmu[] {
  return pmus.filter(
    ({ name }) => name === kind || (name.startsWith(`${kind}_`) && /^\d+$/.test(name.slice(kind.length + 1))),
  );
}

/** The kinds of PMUs there are, each once: `amd_df`, `uncore_imc`. */
export function kindsOf(pmus: readonly UncorePmu[]): readonly string[] {
  return [...new Set(pmus.map(({ name }) => name.replace(/_\d+$/, '')))];
}

/**
 * CPUs on which the events of a PMU are opened, one a socket, die or L3 cache: `0,28`. The kernel moves a CPU's part to
 * a sibling when that CPU goes offline. Undefined when it cannot be read.
 */
export function readCpumask({ folder }: UncorePmu, scratch: Scratch): readonly number[] | undefined {
  const text = readKernelText(join(folder, 'cpumask'), scratch);
  return text.ok ? tryParseIdList(text.value) : undefined;
}

/** Socket of a CPU that came online after the facts of the host were taken; undefined when the kernel does not say. */
export function readSocket({ sysfs }: KernelRoots, cpu: number, scratch: Scratch): number | undefined {
  const path = join(sysfs, `devices/system/cpu/cpu${cpu}/topology/physical_package_id`);
  const text = readKernelText(path, scratch);
  return text.ok && /^\d{1,9}\n?$/.test(text.value) ? Number(text.value) : undefined;
}

/** An event that the kernel itself describes, `event=0x04,umask=0x03`: its fields; undefined when there is none. */
export function readKernelEvent({ folder }: UncorePmu, name: string, scratch: Scratch): KernelEvent | undefined {
  const text = readKernelText(join(folder, 'events', name), scratch);
  return text.ok ? parseKernelEvent(text.value) : undefined;
}

interface KernelEvent {
  readonly event: bigint;
  readonly umask: bigint;
}

/** `event=0x04,umask=0x03`; undefined for any other field, whose place WCA does not know. */
export function parseKernelEvent(text: string): KernelEvent | undefined {
  const [, event, umask] = /^event=(0x[0-9a-fA-F]{1,16})(?:,umask=(0x[0-9a-fA-F]{1,16}))?\n?$/.exec(text) ?? [];
  return event === undefined ? undefined : { event: BigInt(event), umask: BigInt(umask ?? 0) };
}
