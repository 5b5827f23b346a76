import type { Measurements } from './measurements.ts';

/** A resource of resctrl whose domains can be divided. */
export interface RdtCacheControl {
  /** `L3`, `L3CODE`, `L2`, ... */
  readonly resource: string;
  /** All ways: 0x7ffn. */
  readonly cbmMask: bigint;
  readonly minCbmBits: number;
  /** Ids; may have gaps. */
  readonly domains: readonly number[];
}

export interface RdtBandwidthControl {
  /** `MB`, `SMBA`. */
  readonly resource: string;
  readonly unit: 'percent' | 'MBps' | 'eighth_GBps';
  readonly minimum: number;
  readonly granularity: number;
  /** What means unlimited, of the root group as found. */
  readonly maximum: number;
  readonly domains: readonly number[];
}

/** What resctrl offers (spec allocation §1.5). */
export interface RdtInformation {
  readonly caches: readonly RdtCacheControl[];
  readonly bandwidths: readonly RdtBandwidthControl[];
  /** Control groups that can exist, the root included; undefined without control. */
  readonly numClosids: number | undefined;
  readonly isCacheMonitored: boolean;
  readonly isBandwidthMonitored: boolean;
}

/** The host, as plugins see it (spec allocation §1.4). Frozen. */
export interface Platform {
  readonly hostname: string;
  readonly sockets: number;
  readonly cores: number;
  /** Online logical CPUs. */
  readonly cpus: number;
  readonly numaNodes: number;
  readonly cpuModel: string;
  /** `cascade-lake`; empty when unknown. */
  readonly cpuCodeName: string;
  /** Socket → core → CPU ids. */
  readonly topology: ReadonlyMap<number, ReadonlyMap<number, readonly number[]>>;
  /** Node → CPU ids, ascending; a node of memory alone has none. */
  readonly nodeCpus: ReadonlyMap<number, readonly number[]>;
  readonly nodeDistances: ReadonlyMap<number, ReadonlyMap<number, number>>;
  readonly pageSizeBytes: number;
  readonly memoryTotalBytes: number;
  readonly swapEnabled: boolean;
  /** `v1`, `hybrid`, `v2`. */
  readonly cgroupMode: string;
  readonly rdt: RdtInformation | undefined;
  /** Names of capabilities that are there: `allocation.cpu_quota`, `rdt.cache_control`. */
  readonly capabilities: ReadonlySet<string>;
  /** Unix seconds of the measurement. */
  readonly timestamp: number;
  readonly measurements: Measurements;
}
