import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryParseIdList } from '../../../shared/kernel-text/list-format.ts';
import { type PerfEvent, typeHardware, typeRaw } from './perf-event.ts';

/** One kind of cores of a machine with several; /sys/bus/event_source/devices/cpu_core, cpu_atom. */
export interface CorePmu {
  readonly name: string;
  /** For perf_event_attr.type. */
  readonly type: number;
  readonly cpus: readonly number[];
}

/**
 * Type and config of an event on a kind of cores; undefined when the kind does not know it. A generic event carries the
 * kind in the upper half of its config (PERF_PMU_TYPE_SHIFT), a raw one is of the kind's own type: without it the
 * kernel takes both for cpu_core and answers ENOENT elsewhere.
 */
export function encodeFor(
  event: PerfEvent,
  pmu: CorePmu | undefined,
): { readonly type: number; readonly config: bigint } | undefined {
  const { type, config, atomConfig } = event;
  if (pmu === undefined) return { type, config };
  if (type === typeHardware) return { type, config: config | (BigInt(pmu.type) << 32n) };
  if (type !== typeRaw) return { type, config };
  if (pmu.name === 'cpu_core') return { type: pmu.type, config };
  return pmu.name === 'cpu_atom' && atomConfig !== undefined ? { type: pmu.type, config: atomConfig } : undefined;
}

/**
 * The kinds of cores of this machine: known only where there are several, as on Intel's hybrid CPUs (Linux 5.13).
 * arm64's kinds (armv8_cortex_a72) need no telling apart: the kernel finds the one of the CPU.
 */
export class CorePmus {
  readonly #folder: string;
  #pmus: readonly CorePmu[];

  /** Below `sysfs` (`/sys`). */
  constructor(sysfs: string) {
    this.#folder = join(sysfs, devices);
    this.#pmus = readCorePmus(this.#folder);
  }

  /** Whether there are several kinds. */
  get isHybrid(): boolean {
    return this.#pmus.length > 0;
  }

  /** That of a CPU. A kind lists only the CPUs that were ever online, so an unknown one is looked up again. */
  of(cpu: number): CorePmu | undefined {
    if (!this.isHybrid) return undefined;
    const known = find(this.#pmus, cpu);
    if (known !== undefined) return known;
    this.#pmus = readCorePmus(this.#folder);
    return find(this.#pmus, cpu);
  }
}

/** Names of the PMUs of the cores: `cpu`, `cpu_core`, `armv8_pmuv3_0`. None in a virtual machine without one. */
export function readPmuNames(sysfs: string): readonly string[] {
  return namesIn(join(sysfs, devices)).filter((name) => /^(cpu|cpu_[a-z]+|armv\d+_\w+|apple_\w+_pmu)$/.test(name));
}

const devices = 'bus/event_source/devices';

function find(pmus: readonly CorePmu[], cpu: number): CorePmu | undefined {
  return pmus.find(({ cpus }) => cpus.includes(cpu));
}

/** `type`: `10`; `cpus`: `0-15`. */
function readCorePmus(folder: string): readonly CorePmu[] {
  const pmus = namesIn(folder)
    .filter((name) => /^cpu_[a-z]+$/.test(name))
    .flatMap((name): CorePmu[] => {
      const type = readText(join(folder, name, 'type'));
      const cpus = tryParseIdList(readText(join(folder, name, 'cpus'))) ?? [];
      return /^\d{1,9}\n?$/.test(type) && cpus.length > 0 ? [{ name, type: Number(type), cpus }] : [];
    });
  return pmus.length > 1 ? pmus : [];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // a kernel without perf
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
