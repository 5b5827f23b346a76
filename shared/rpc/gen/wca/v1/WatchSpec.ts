// Original file: proto/wca/v1/collector.proto

import type { ApiVersion as _wca_v1_ApiVersion, ApiVersion__Output as _wca_v1_ApiVersion__Output } from '../../wca/v1/ApiVersion.ts';
import type { RdtSpec as _wca_v1_RdtSpec, RdtSpec__Output as _wca_v1_RdtSpec__Output } from '../../wca/v1/RdtSpec.ts';
import type { WssSpec as _wca_v1_WssSpec, WssSpec__Output as _wca_v1_WssSpec__Output } from '../../wca/v1/WssSpec.ts';
import type { UncoreSpec as _wca_v1_UncoreSpec, UncoreSpec__Output as _wca_v1_UncoreSpec__Output } from '../../wca/v1/UncoreSpec.ts';
import type { MemoryModulesSpec as _wca_v1_MemoryModulesSpec, MemoryModulesSpec__Output as _wca_v1_MemoryModulesSpec__Output } from '../../wca/v1/MemoryModulesSpec.ts';

export interface WatchSpec {
  'client'?: (_wca_v1_ApiVersion | null);
  'intervalMs'?: (number);
  'events'?: (string)[];
  'perCpu'?: (boolean);
  'costlyEvery'?: (number);
  'rdt'?: (_wca_v1_RdtSpec | null);
  'wss'?: (_wca_v1_WssSpec | null);
  'sched'?: (boolean);
  'vmstat'?: (boolean);
  'zoneinfo'?: (boolean);
  'uncore'?: (_wca_v1_UncoreSpec | null);
  'memoryModules'?: (_wca_v1_MemoryModulesSpec | null);
  'currentAllocations'?: (boolean);
}

export interface WatchSpec__Output {
  'client': (_wca_v1_ApiVersion__Output | null);
  'intervalMs': (number);
  'events': (string)[];
  'perCpu': (boolean);
  'costlyEvery': (number);
  'rdt': (_wca_v1_RdtSpec__Output | null);
  'wss': (_wca_v1_WssSpec__Output | null);
  'sched': (boolean);
  'vmstat': (boolean);
  'zoneinfo': (boolean);
  'uncore': (_wca_v1_UncoreSpec__Output | null);
  'memoryModules': (_wca_v1_MemoryModulesSpec__Output | null);
  'currentAllocations': (boolean);
}
