import type { EventTable, NearestEvent } from './event-table.ts';

/**
 * Raw events of AMD Zen: event bits 0-7 in bits 0-7, bits 8-11 in 32-35, umask in 8-15, cmask in 24-31. Source: AMD's
 * Processor Programming References, as in tools/perf/pmu-events/arch/x86/amdzen*. Zen has no events of retired loads
 * and stores: its load-store unit counts what is dispatched, and what fills its cache.
 */

/** LsL1DTlbMiss, all page sizes that missed the second level; the kernel's own dTLB-load-misses since Zen. */
const zen2: EventTable = { task_dtlb_load_misses: 0xf045 };

/** Since Zen 4 ExNoRetire tells loads apart: cycles without retirement while the oldest op waits for load data. */
const zen4: EventTable = { ...zen2, task_stalled_mem_loads: 0xa2d6 };

export const amdEvents: Readonly<Record<string, EventTable>> = { zen2, zen3: zen2, zen4, zen5: zen4 };

const dispatched = (what: string): string => `${what} as they are dispatched, also those that never retire`;
const filled = (from: string): string => `lines that demand loads and stores brought into the L1 from ${from}`;

/** LsDispatch and LsDmndFillsFromSys; the same encodings from Zen 2 to 5. */
const zenNearest: Readonly<Record<string, NearestEvent>> = {
  task_mem_inst_retired_loads: { raw: 'loads__r2901', counts: dispatched('loads') },
  task_mem_inst_retired_stores: { raw: 'stores__r2902', counts: dispatched('stores') },
  task_mem_load_retired_local_dram: { raw: 'local_fills__r4308', counts: filled('memory of the same NUMA node') },
  task_mem_load_retired_remote_dram: { raw: 'remote_fills__r4340', counts: filled('memory of other NUMA nodes') },
};

export const amdNearest: Readonly<Record<string, Readonly<Record<string, NearestEvent>>>> = {
  zen2: zenNearest,
  zen3: zenNearest,
  zen4: zenNearest,
  zen5: zenNearest,
};
