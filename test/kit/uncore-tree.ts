import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { KernelRoots } from '../../collector/kernel/roots.ts';

/** A PMU as sysfs shows it. */
interface PmuFiles {
  readonly type: number;
  readonly cpumask?: string;
  readonly format?: Readonly<Record<string, string>>;
  readonly events?: Readonly<Record<string, string>>;
}

type Tree = Readonly<Record<string, PmuFiles>>;

const intelFormat = {
  event: 'config:0-7',
  umask: 'config:8-15',
  edge: 'config:18',
  inv: 'config:23',
  thresh: 'config:24-31',
};
const wideFormat = { ...intelFormat, umask: 'config:8-15,32-63', tid_en: 'config:19' };
const umcFormat = { event: 'config:0-7', rdwrmask: 'config:8-9' };
const dfFormat = { event: 'config:0-7,32-37', umask: 'config:8-15,24-27' };

const cas = (reads: string, writes: string): Record<string, string> => ({
  clockticks: 'event=0x00,umask=0x00',
  cas_count_read: reads,
  'cas_count_read.scale': '6.103515625e-5',
  'cas_count_read.unit': 'MiB',
  cas_count_write: writes,
});

/** PMUs with an index, numbered types from `type` on. */
function several(kind: string, count: number, first: PmuFiles): Tree {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${kind}_${i}`, { ...first, type: first.type + i }]),
  );
}

/** What every kernel has besides: none of these belongs to a socket. */
const others: Tree = {
  breakpoint: { type: 5 },
  cpu: { type: 4, format: { event: 'config:0-7', umask: 'config:8-15' } },
  kprobe: { type: 8, format: { retprobe: 'config:0' } },
  msr: { type: 9, format: { event: 'config:0-63' } },
  software: { type: 1 },
  tracepoint: { type: 2 },
};

/**
 * /sys/bus/event_source/devices of machines with two sockets, written in the format of the kernel's drivers
 * (arch/x86/events/intel/uncore*.c, arch/x86/events/amd/uncore.c): not captured, for no such machine is at hand.
 */
const trees = {
  cascadeLake: {
    ...others,
    ...several('uncore_imc', 6, {
      type: 17,
      cpumask: '0,28',
      format: intelFormat,
      events: cas('event=0x04,umask=0x03', 'event=0x04,umask=0x0c'),
    }),
    ...several('uncore_upi', 3, {
      type: 23,
      cpumask: '0,28',
      format: { ...intelFormat, umask: 'config:8-15,32-43,45-55' },
    }),
    ...several('uncore_cha', 2, { type: 30, cpumask: '0,28', format: wideFormat }),
    uncore_ubox: { type: 40, cpumask: '0,28', format: intelFormat },
    power: { type: 41, cpumask: '0,28', format: { event: 'config:0-7' } },
  },
  iceLake: {
    ...others,
    ...several('uncore_imc', 8, { type: 20, cpumask: '0,32', format: intelFormat }),
    ...several('uncore_imc_free_running', 4, {
      type: 60,
      cpumask: '0,32',
      format: { event: 'config:0-7', umask: 'config:8-15' },
    }),
    ...several('uncore_upi', 3, { type: 30, cpumask: '0,32', format: wideFormat }),
  },
  sapphireRapids: {
    ...others,
    ...several('uncore_imc', 12, { type: 50, cpumask: '0,56', format: intelFormat }),
    ...several('uncore_imc_free_running', 1, { type: 70, cpumask: '0,56', format: intelFormat }),
    ...several('uncore_upi', 4, { type: 80, cpumask: '0,56', format: wideFormat }),
    ...several('uncore_m2m', 2, { type: 90, cpumask: '0,56', format: wideFormat }),
  },
  zen4: {
    ...others,
    amd_df: { type: 11, cpumask: '0,96', format: dfFormat },
    amd_l3: { type: 12, cpumask: '0,8,96,104', format: { event: 'config:0-7', umask: 'config:8-15' } },
    amd_umc_0: { type: 13, cpumask: '0', format: umcFormat },
    amd_umc_1: { type: 14, cpumask: '96', format: umcFormat },
  },
  /** A CPU that WCA does not know, whose driver describes its events. */
  unknown: {
    ...others,
    uncore_imc_0: {
      type: 17,
      cpumask: '0',
      format: intelFormat,
      events: {
        cas_count_read: 'event=0x05,umask=0xcf',
        cas_count_read_sch0: 'event=0x05,umask=0xcf',
        cas_count_read_sch1: 'event=0x06,umask=0xcf',
        cas_count_write: 'event=0x05,umask=0xf0',
      },
    },
  },
  /** A virtual machine. */
  none: others,
} as const satisfies Readonly<Record<string, Tree>>;

/** A sysfs of PMUs in a temporary folder. Remove it when done. */
export class UncoreTree {
  readonly roots: KernelRoots;
  readonly #folder = mkdtempSync(join(tmpdir(), 'wca-uncore-'));

  constructor(tree: keyof typeof trees | Tree) {
    this.roots = { procfs: join(this.#folder, 'proc'), sysfs: join(this.#folder, 'sys') };
    const pmus: Tree = typeof tree === 'string' ? trees[tree] : tree;
    for (const [name, pmu] of Object.entries(pmus)) this.#add(name, pmu);
  }

  #add(name: string, { type, cpumask, format = {}, events = {} }: PmuFiles): void {
    this.pmu(`${name}/type`, `${type}\n`);
    if (cpumask !== undefined) this.pmu(`${name}/cpumask`, `${cpumask}\n`);
    for (const [field, bits] of Object.entries(format)) this.pmu(`${name}/format/${field}`, `${bits}\n`);
    for (const [event, words] of Object.entries(events)) this.pmu(`${name}/events/${event}`, `${words}\n`);
  }

  /** Writes a file of a PMU: `uncore_imc_0/cpumask`. */
  pmu(path: string, text: string): void {
    this.write(`sys/bus/event_source/devices/${path}`, text);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.#folder, path)), { recursive: true });
    writeFileSync(join(this.#folder, path), text);
  }

  /** Safe to call twice. */
  remove(path = ''): void {
    rmSync(join(this.#folder, path), { recursive: true, force: true });
  }
}
