import type { EventTable, NearestEvent } from './event-table.ts';

/**
 * Raw events of Arm Neoverse cores: the 16-bit event number of the Arm Architecture Reference Manual. Source: Arm's
 * technical reference manuals, as in tools/perf/pmu-events/arch/arm64/arm. They count loads, stores and page walks as
 * they are issued and not as they retire. PERF_TYPE_RAW goes to the PMU of the CPU it is opened on.
 */

/** STALL_BACKEND_MEM (0x4005): cycles in which a load that missed the core's last cache holds the back end up. */
const neoverseV1: EventTable = { task_stalled_mem_loads: 0x4005 };

export const armEvents: Readonly<Record<string, EventTable>> = {
  // Without STALL_BACKEND_MEM: nothing of it is the same quantity.
  'neoverse-n1': {},
  'neoverse-v1': neoverseV1,
  'neoverse-n2': neoverseV1,
  'neoverse-v2': neoverseV1,
  'neoverse-n3': neoverseV1,
  'neoverse-v3': neoverseV1,
};

/** MEM_ACCESS_RD 0x66, MEM_ACCESS_WR 0x67, DTLB_WALK 0x34, REMOTE_ACCESS 0x31. */
const neoverseNearest: Readonly<Record<string, NearestEvent>> = {
  task_mem_inst_retired_loads: {
    raw: 'loads__r6600',
    counts: 'memory reads as they are issued, also speculative ones',
  },
  task_mem_inst_retired_stores: {
    raw: 'stores__r6700',
    counts: 'memory writes as they are issued, also speculative ones',
  },
  task_dtlb_load_misses: { raw: 'dtlb_walks__r3400', counts: 'page walks of loads and stores, also those that fail' },
  task_mem_load_retired_remote_dram: {
    raw: 'remote_accesses__r3100',
    counts: 'reads and writes answered by another socket, by its caches too',
  },
};

const stalled: NearestEvent = {
  raw: 'stalled_backend__r2400',
  counts: 'cycles in which the back end is held up by anything',
};

export const armNearest: Readonly<Record<string, Readonly<Record<string, NearestEvent>>>> = {
  'neoverse-n1': { ...neoverseNearest, task_stalled_mem_loads: stalled },
  'neoverse-v1': neoverseNearest,
  'neoverse-n2': neoverseNearest,
  'neoverse-v2': neoverseNearest,
  'neoverse-n3': neoverseNearest,
  'neoverse-v3': neoverseNearest,
};
