// Original file: proto/wca/v1/collector.proto

import type { ApiVersion as _wca_v1_ApiVersion, ApiVersion__Output as _wca_v1_ApiVersion__Output } from '../../wca/v1/ApiVersion.ts';

export interface WatchSpec {
  'client'?: (_wca_v1_ApiVersion | null);
  'intervalMs'?: (number);
  'events'?: (string)[];
  'perCpu'?: (boolean);
  'costlyEvery'?: (number);
}

export interface WatchSpec__Output {
  'client': (_wca_v1_ApiVersion__Output | null);
  'intervalMs': (number);
  'events': (string)[];
  'perCpu': (boolean);
  'costlyEvery': (number);
}
