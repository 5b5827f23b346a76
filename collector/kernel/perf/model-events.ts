/**
 * Raw events by micro-architecture: event | umask << 8 | cmask << 24, from Intel's public event files (spec
 * measurements §3.4, with the two off-core encodings that the seed swapped put right).
 */

const haswellX = {
  task_stalled_mem_loads: 0x060006a3,
  task_offcore_requests_demand_data_rd: 0x01b0,
  task_offcore_requests_demand_rfo: 0x04b0,
  task_mem_load_retired_local_dram: 0x01d3,
  task_mem_load_retired_remote_dram: 0x04d3,
  task_mem_inst_retired_loads: 0x81d0,
  task_mem_inst_retired_stores: 0x82d0,
  task_dtlb_load_misses: 0x0e08,
} as const;

const skylake = {
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
} as const;

/** With persistent memory. */
const cascadeLake = { ...skylake, task_mem_load_retired_local_pmm: 0x80d1 } as const;

const graniteRapids = {
  task_stalled_mem_loads: 0x050021a6,
  task_offcore_requests_l3_miss_demand_data_rd: 0x1021,
  task_offcore_requests_outstanding_l3_miss_demand_data_rd: 0x1020,
  task_offcore_requests_demand_data_rd: 0x0121,
  task_offcore_requests_demand_rfo: 0x0421,
  task_mem_load_retired_local_dram: 0x01d3,
  task_mem_load_retired_remote_dram: 0x02d3,
  task_mem_inst_retired_loads: 0x81d0,
  task_mem_inst_retired_stores: 0x82d0,
  task_dtlb_load_misses: 0x0e12,
} as const;

const sierraForest = {
  task_stalled_mem_loads: 0x7f34,
  task_mem_load_retired_local_dram: 0x01d3,
  task_mem_inst_retired_loads: 0x81d0,
  task_mem_inst_retired_stores: 0x82d0,
  task_dtlb_load_misses: 0x0e08,
} as const;

/** Micro-architecture (as `CpuModel.code_name`) → event → config. */
export const modelEvents: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'haswell-x': haswellX,
  broadwell: haswellX,
  'broadwell-de': haswellX,
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
};
