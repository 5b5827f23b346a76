// Original file: proto/wca/v1/collector.proto

import type { CurrentValue as _wca_v1_CurrentValue, CurrentValue__Output as _wca_v1_CurrentValue__Output } from '../../wca/v1/CurrentValue.ts';
import type { Long } from '@grpc/proto-loader';

export interface CurrentAllocations {
  'identity'?: (number | string | Long);
  'values'?: (_wca_v1_CurrentValue)[];
}

export interface CurrentAllocations__Output {
  'identity': (number);
  'values': (_wca_v1_CurrentValue__Output)[];
}
