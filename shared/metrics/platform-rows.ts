import type { Row } from './metric-facts.ts';

/** Metrics of the machine; part of the catalogue. */

// biome-ignore format: one metric a line
export const platformRows: readonly Row[] = [
  ['platform_topology_cores', 'gauge', 'numeric', 'seed', 'sum', '', 'Number of physical cores in the whole machine.'],
  ['platform_topology_cpus', 'gauge', 'numeric', 'seed', 'sum', '', 'Number of online logical CPUs.'],
  ['platform_topology_sockets', 'gauge', 'numeric', 'seed', 'sum', '', 'Number of CPU sockets.'],
  ['platform_cpu_usage', 'counter', 'numeric', 'seed', 'sum', 'cpu', 'Busy clock ticks of each logical CPU (user, nice, system, irq, softirq, steal), in USER_HZ units, usually 10 ms.'],
  ['platform_cpu_steal', 'counter', 'numeric', 'wca', 'sum', '', 'Clock ticks in which the hypervisor ran others while a CPU of this machine wanted to run, over all CPUs, in USER_HZ units, usually 10 ms.'],
  ['platform_mem_usage_bytes', 'gauge', 'bytes', 'seed', 'sum', '', 'Memory in use on the machine: total minus free minus buffers minus page cache.'],
  ['platform_mem_numa_free_bytes', 'gauge', 'bytes', 'seed', 'sum', 'numa_node', 'Free memory of each NUMA node.'],
  ['platform_mem_numa_used_bytes', 'gauge', 'bytes', 'seed', 'sum', 'numa_node', 'Used memory of each NUMA node.'],
  ['platform_vmstat_numa_pages_migrated', 'counter', 'numeric', 'seed', 'sum', '', 'Pages moved by automatic NUMA balancing.'],
  ['platform_vmstat_pgmigrate_success', 'counter', 'numeric', 'seed', 'sum', '', 'Page migrations that succeeded.'],
  ['platform_vmstat_pgmigrate_fail', 'counter', 'numeric', 'seed', 'sum', '', 'Page migrations that failed.'],
  ['platform_vmstat_numa_hint_faults', 'counter', 'numeric', 'seed', 'sum', '', 'NUMA hinting faults taken.'],
  ['platform_vmstat_numa_hint_faults_local', 'counter', 'numeric', 'seed', 'sum', '', 'NUMA hinting faults that hit a page already on the local node.'],
  ['platform_vmstat_pgfaults', 'counter', 'numeric', 'seed', 'sum', '', 'Page faults on the whole machine.'],
  ['platform_last_seen', 'counter', 'timestamp', 'seed', 'max', '', 'Unix time (seconds) at which platform information was collected.'],
];

// biome-ignore format: one metric a line
export const uncoreRows: readonly Row[] = [
  ['platform_pmm_bandwidth_reads', 'counter', 'numeric', 'seed', 'sum', 'socket,pmu_type', 'Reads of persistent memory (64 bytes each) by memory controller.'],
  ['platform_pmm_bandwidth_writes', 'counter', 'numeric', 'seed', 'sum', 'socket,pmu_type', 'Writes of persistent memory (64 bytes each) by memory controller.'],
  ['platform_cas_count_reads', 'counter', 'numeric', 'seed', 'sum', 'socket,pmu_type', 'Read commands to DRAM (64 bytes each) by memory controller.'],
  ['platform_cas_count_writes', 'counter', 'numeric', 'seed', 'sum', 'socket,pmu_type', 'Write commands to DRAM (64 bytes each) by memory controller.'],
  ['platform_upi_rxl_flits', 'counter', 'numeric', 'seed', 'sum', 'socket,pmu_type', 'Data flits received on a UPI link; 9 carry 64 bytes.'],
  ['platform_upi_txl_flits', 'counter', 'numeric', 'seed', 'sum', 'socket,pmu_type', 'Data flits sent on a UPI link; 9 carry 64 bytes.'],
  ['platform_rpq_occupancy', 'counter', 'numeric', 'head', 'sum', 'socket,pmu_type', 'Entries of the read pending queue of a memory controller, added up over its clock ticks.'],
  ['platform_rpq_inserts', 'counter', 'numeric', 'head', 'sum', 'socket,pmu_type', 'Reads put into the pending queue of a memory controller.'],
  ['platform_imc_clockticks', 'counter', 'numeric', 'head', 'sum', 'socket,pmu_type', 'Clock ticks of a memory controller.'],
  ['platform_scaling_uncore_factor', 'gauge', 'numeric', 'head', 'max', 'socket,pmu_type', 'Mean multiplexing factor of the events of one PMU since the previous sample; 1 means nothing was estimated.'],
];

// biome-ignore format: one metric a line
export const uncoreDerivedRows: readonly Row[] = [
  ['platform_dram_reads_bytes_per_second', 'gauge', 'bytes_per_second', 'seed', 'sum', 'socket,pmu_type', 'DRAM read throughput of a memory controller since the previous measurement.'],
  ['platform_dram_writes_bytes_per_second', 'gauge', 'bytes_per_second', 'seed', 'sum', 'socket,pmu_type', 'DRAM write throughput of a memory controller since the previous measurement.'],
  ['platform_dram_total_bytes_per_second', 'gauge', 'bytes_per_second', 'seed', 'sum', 'socket,pmu_type', 'DRAM read plus write throughput of a memory controller.'],
  ['platform_pmm_reads_bytes_per_second', 'gauge', 'bytes_per_second', 'seed', 'sum', 'socket,pmu_type', 'Persistent memory read throughput of a memory controller since the previous measurement.'],
  ['platform_pmm_writes_bytes_per_second', 'gauge', 'bytes_per_second', 'seed', 'sum', 'socket,pmu_type', 'Persistent memory write throughput of a memory controller since the previous measurement.'],
  ['platform_pmm_total_bytes_per_second', 'gauge', 'bytes_per_second', 'seed', 'sum', 'socket,pmu_type', 'Persistent memory read plus write throughput of a memory controller.'],
  ['platform_dram_hit_ratio', 'gauge', 'ratio', 'seed', 'max', 'socket,pmu_type', 'Share of the memory traffic that DRAM served: DRAM over DRAM plus persistent memory, 0 to 1.'],
  ['platform_upi_bandwidth_bytes_per_second', 'gauge', 'bytes_per_second', 'seed', 'sum', 'socket,pmu_type', 'Payload of a UPI link, received plus sent, since the previous measurement.'],
  ['platform_rpq_read_latency_seconds', 'gauge', 'seconds', 'head', 'max', 'socket', 'Mean time a read waited in the pending queues of the socket since the previous measurement.'],
];

// biome-ignore format: one metric a line
export const kernelTableRows: readonly Row[] = [
  ['platform_vmstat', 'counter', 'numeric', 'head', 'sum', 'key', 'A field of /proc/vmstat.'],
  ['platform_node_vmstat', 'counter', 'numeric', 'head', 'sum', 'numa_node,key', 'A field of the vmstat of a NUMA node.'],
  ['platform_zoneinfo', 'gauge', 'numeric', 'head', 'sum', 'numa_node,zone,key', 'A field of /proc/zoneinfo; fields of a whole node have the zone per-node-stats.'],
];

// biome-ignore format: one metric a line
export const memoryModuleRows: readonly Row[] = [
  ['platform_dimm_count', 'gauge', 'numeric', 'seed', 'sum', 'dimm_type', 'Populated memory modules of each kind: ram, nvm (persistent).'],
  ['platform_dimm_total_size_bytes', 'gauge', 'bytes', 'seed', 'sum', 'dimm_type', 'Capacity of all memory modules of each kind.'],
  ['platform_dimm_speed_bytes_per_second', 'gauge', 'bytes_per_second', 'head', 'sum', '', 'Transfer rate that all DRAM modules together could reach: transfers per second times 8 bytes, added over the modules.'],
  ['platform_mem_mode_size_bytes', 'gauge', 'bytes', 'seed', 'sum', '', 'Persistent memory used as volatile memory (memory mode).'],
  ['platform_capacity_per_nvdimm_bytes', 'gauge', 'bytes', 'head', 'max', '', 'Capacity of one persistent memory module.'],
  ['platform_avg_power_per_nvdimm_watts', 'gauge', 'watts', 'head', 'max', '', 'Average power budget of one persistent memory module.'],
  ['platform_nvdimm_read_bandwidth_bytes_per_second', 'gauge', 'bytes_per_second', 'head', 'sum', 'socket', 'Read bandwidth that the persistent memory of a socket could reach, by module count, capacity and power budget.'],
  ['platform_nvdimm_write_bandwidth_bytes_per_second', 'gauge', 'bytes_per_second', 'head', 'sum', 'socket', 'Write bandwidth that the persistent memory of a socket could reach, by module count, capacity and power budget.'],
];
