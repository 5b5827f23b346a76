// Original file: proto/wca/v1/collector.proto

import type { CpuQuota as _wca_v1_CpuQuota, CpuQuota__Output as _wca_v1_CpuQuota__Output } from '../../wca/v1/CpuQuota.ts';
import type { CpuShares as _wca_v1_CpuShares, CpuShares__Output as _wca_v1_CpuShares__Output } from '../../wca/v1/CpuShares.ts';
import type { PageMigration as _wca_v1_PageMigration, PageMigration__Output as _wca_v1_PageMigration__Output } from '../../wca/v1/PageMigration.ts';
import type { RdtAllocation as _wca_v1_RdtAllocation, RdtAllocation__Output as _wca_v1_RdtAllocation__Output } from '../../wca/v1/RdtAllocation.ts';
import type { MemoryBound as _wca_v1_MemoryBound, MemoryBound__Output as _wca_v1_MemoryBound__Output } from '../../wca/v1/MemoryBound.ts';
import type { Long } from '@grpc/proto-loader';

export interface AllocationValue {
  'cpuQuota'?: (_wca_v1_CpuQuota | null);
  'cpuShares'?: (_wca_v1_CpuShares | null);
  'cpusetCpus'?: (string);
  'cpusetMems'?: (string);
  'cpusetMemoryMigrate'?: (boolean);
  'migratePages'?: (_wca_v1_PageMigration | null);
  'rdt'?: (_wca_v1_RdtAllocation | null);
  'cpuIdle'?: (boolean);
  'cpuBurstUs'?: (number | string | Long);
  'memoryHigh'?: (_wca_v1_MemoryBound | null);
  'memoryLow'?: (_wca_v1_MemoryBound | null);
  'ioWeight'?: (number);
  'value'?: "cpuQuota"|"cpuShares"|"cpusetCpus"|"cpusetMems"|"cpusetMemoryMigrate"|"migratePages"|"rdt"|"cpuIdle"|"cpuBurstUs"|"memoryHigh"|"memoryLow"|"ioWeight";
}

export interface AllocationValue__Output {
  'cpuQuota'?: (_wca_v1_CpuQuota__Output | null);
  'cpuShares'?: (_wca_v1_CpuShares__Output | null);
  'cpusetCpus'?: (string);
  'cpusetMems'?: (string);
  'cpusetMemoryMigrate'?: (boolean);
  'migratePages'?: (_wca_v1_PageMigration__Output | null);
  'rdt'?: (_wca_v1_RdtAllocation__Output | null);
  'cpuIdle'?: (boolean);
  'cpuBurstUs'?: (number);
  'memoryHigh'?: (_wca_v1_MemoryBound__Output | null);
  'memoryLow'?: (_wca_v1_MemoryBound__Output | null);
  'ioWeight'?: (number);
  'value'?: "cpuQuota"|"cpuShares"|"cpusetCpus"|"cpusetMems"|"cpusetMemoryMigrate"|"migratePages"|"rdt"|"cpuIdle"|"cpuBurstUs"|"memoryHigh"|"memoryLow"|"ioWeight";
}
