// Original file: proto/wca/v1/collector.proto

import type { TargetResult as _wca_v1_TargetResult, TargetResult__Output as _wca_v1_TargetResult__Output } from '../../wca/v1/TargetResult.ts';

export interface RestoreResponse {
  'results'?: (_wca_v1_TargetResult)[];
}

export interface RestoreResponse__Output {
  'results': (_wca_v1_TargetResult__Output)[];
}
