// Original file: proto/wca/v1/collector.proto

import type { AllocationValue as _wca_v1_AllocationValue, AllocationValue__Output as _wca_v1_AllocationValue__Output } from '../../wca/v1/AllocationValue.ts';

export interface CurrentValue {
  'value'?: (_wca_v1_AllocationValue | null);
  'raw'?: (string);
}

export interface CurrentValue__Output {
  'value': (_wca_v1_AllocationValue__Output | null);
  'raw': (string);
}
