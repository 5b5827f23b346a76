import type { EventTable } from './event-table.ts';

/**
 * Raw events of Intel CPUs: event | umask << 8 | cmask << 24. Source: Intel's public event files (perfmon, as in
 * tools/perf/pmu-events/arch/x86) and spec measurements §3.4, with the two off-core encodings that the seed swapped put
 * right.
 */

/** STALLS_LDM_PENDING; DTLB_LOAD_MISSES.WALK_COMPLETED has a bit for each page size. */
const haswellX: EventTable = {
  task_stalled_mem_loads: 0x060006a3,
  task_offcore_requests_demand_data_rd: 0x01b0,
  task_offcore_requests_demand_rfo: 0x04b0,
  task_mem_load_retired_local_dram: 0x01d3,
  task_mem_load_retired_remote_dram: 0x04d3,
  task_mem_inst_retired_loads: 0x81d0,
  task_mem_inst_retired_stores: 0x82d0,
  task_dtlb_load_misses: 0x0e08,
};

/** One socket: nothing is remote. */
const { task_mem_load_retired_remote_dram: _, ...haswell } = haswellX;

/** STALLS_MEM_ANY. */
const skylake: EventTable = {
  task_stalled_mem_loads: 0x140014a3,
  task_offcore_requests_l3_miss_demand_data_rd: 0x10b0,
  task_offcore_requests_outstanding_l3_miss_demand_data_rd: 0x1060,
  task_offcore_requests_demand_data_rd: 0x01b0,
  task_offcore_requests_demand_rfo: 0x04b0,
  task_mem_load_retired_local_dram: 0x01d3,
  task_mem_load_retired_remote_dram: 0x02d3,
  task_mem_inst_retired_loads: 0x81d0,
  task_mem_inst_retired_stores: 0x82d0,
  task_dtlb_load_misses: 0x0e08,
};

/** With persistent memory. */
const cascadeLake: EventTable = { ...skylake, task_mem_load_retired_local_pmm: 0x80d1 };

/** What the cores of all Golden Cove and later CPUs have, those of clients too; EXE_ACTIVITY.BOUND_ON_LOADS. */
const goldenCove: EventTable = {
  task_stalled_mem_loads: 0x050021a6,
  task_offcore_requests_demand_data_rd: 0x0121,
  task_mem_inst_retired_loads: 0x81d0,
  task_mem_inst_retired_stores: 0x82d0,
  task_dtlb_load_misses: 0x0e12,
};

const graniteRapids: EventTable = {
  ...goldenCove,
  task_offcore_requests_l3_miss_demand_data_rd: 0x1021,
  task_offcore_requests_outstanding_l3_miss_demand_data_rd: 0x1020,
  task_offcore_requests_demand_rfo: 0x0421,
  task_mem_load_retired_local_dram: 0x01d3,
  task_mem_load_retired_remote_dram: 0x02d3,
};

/** What all efficient cores since Gracemont have: MEM_UOPS_RETIRED, DTLB_LOAD_MISSES.WALK_COMPLETED. */
const gracemont: EventTable = {
  task_mem_inst_retired_loads: 0x81d0,
  task_mem_inst_retired_stores: 0x82d0,
  task_dtlb_load_misses: 0x0e08,
};

/** MEM_BOUND_STALLS_LOAD.ALL. */
const sierraForest: EventTable = {
  ...gracemont,
  task_stalled_mem_loads: 0x7f34,
  task_mem_load_retired_local_dram: 0x01d3,
};

export const intelEvents: Readonly<Record<string, EventTable>> = {
  haswell,
  'haswell-x': haswellX,
  broadwell: haswell,
  'broadwell-de': haswell,
  'broadwell-x': haswellX,
  skylake,
  'skylake-x': skylake,
  'cascade-lake': cascadeLake,
  'cooper-lake': cascadeLake,
  'ice-lake': skylake,
  'ice-lake-x': cascadeLake,
  'sapphire-rapids': { ...graniteRapids, task_mem_load_retired_local_pmm: 0x80d1 },
  'emerald-rapids': graniteRapids,
  'granite-rapids': graniteRapids,
  'sierra-forest': sierraForest,
  // Its event files name no DRAM and no stall events.
  'clearwater-forest': gracemont,
  'alder-lake': goldenCove,
  'raptor-lake': goldenCove,
};

/** The same for the efficient cores (PMU cpu_atom) of CPUs that have two kinds. */
export const atomEvents: Readonly<Record<string, EventTable>> = { 'alder-lake': gracemont, 'raptor-lake': gracemont };
