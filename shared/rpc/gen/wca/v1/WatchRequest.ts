// Original file: proto/wca/v1/collector.proto

import type { WatchSpec as _wca_v1_WatchSpec, WatchSpec__Output as _wca_v1_WatchSpec__Output } from '../../wca/v1/WatchSpec.ts';
import type { TargetUpdate as _wca_v1_TargetUpdate, TargetUpdate__Output as _wca_v1_TargetUpdate__Output } from '../../wca/v1/TargetUpdate.ts';

export interface WatchRequest {
  'spec'?: (_wca_v1_WatchSpec | null);
  'targets'?: (_wca_v1_TargetUpdate | null);
  'kind'?: "spec"|"targets";
}

export interface WatchRequest__Output {
  'spec'?: (_wca_v1_WatchSpec__Output | null);
  'targets'?: (_wca_v1_TargetUpdate__Output | null);
  'kind'?: "spec"|"targets";
}
