// Original file: proto/wca/v1/collector.proto

import type { ApiVersion as _wca_v1_ApiVersion, ApiVersion__Output as _wca_v1_ApiVersion__Output } from '../../wca/v1/ApiVersion.ts';
import type { CpuModel as _wca_v1_CpuModel, CpuModel__Output as _wca_v1_CpuModel__Output } from '../../wca/v1/CpuModel.ts';
import type { Cpu as _wca_v1_Cpu, Cpu__Output as _wca_v1_Cpu__Output } from '../../wca/v1/Cpu.ts';
import type { NumaNode as _wca_v1_NumaNode, NumaNode__Output as _wca_v1_NumaNode__Output } from '../../wca/v1/NumaNode.ts';
import type { CgroupLayout as _wca_v1_CgroupLayout, CgroupLayout__Output as _wca_v1_CgroupLayout__Output } from '../../wca/v1/CgroupLayout.ts';
import type { Capability as _wca_v1_Capability, Capability__Output as _wca_v1_Capability__Output } from '../../wca/v1/Capability.ts';
import type { RdtPlatform as _wca_v1_RdtPlatform, RdtPlatform__Output as _wca_v1_RdtPlatform__Output } from '../../wca/v1/RdtPlatform.ts';
import type { Long } from '@grpc/proto-loader';

export interface GetPlatformResponse {
  'server'?: (_wca_v1_ApiVersion | null);
  'hostname'?: (string);
  'kernel'?: (string);
  'pageSizeBytes'?: (number);
  'clockTicksPerSecond'?: (number);
  'cpuModel'?: (_wca_v1_CpuModel | null);
  'cpus'?: (_wca_v1_Cpu)[];
  'numaNodes'?: (_wca_v1_NumaNode)[];
  'sockets'?: (number);
  'cores'?: (number);
  'swapEnabled'?: (boolean);
  'cgroupLayout'?: (_wca_v1_CgroupLayout | null);
  'capabilities'?: (_wca_v1_Capability)[];
  'memoryTotalBytes'?: (number | string | Long);
  'rdt'?: (_wca_v1_RdtPlatform | null);
}

export interface GetPlatformResponse__Output {
  'server': (_wca_v1_ApiVersion__Output | null);
  'hostname': (string);
  'kernel': (string);
  'pageSizeBytes': (number);
  'clockTicksPerSecond': (number);
  'cpuModel': (_wca_v1_CpuModel__Output | null);
  'cpus': (_wca_v1_Cpu__Output)[];
  'numaNodes': (_wca_v1_NumaNode__Output)[];
  'sockets': (number);
  'cores': (number);
  'swapEnabled': (boolean);
  'cgroupLayout': (_wca_v1_CgroupLayout__Output | null);
  'capabilities': (_wca_v1_Capability__Output)[];
  'memoryTotalBytes': (number);
  'rdt': (_wca_v1_RdtPlatform__Output | null);
}
