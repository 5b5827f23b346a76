// Original file: proto/wca/v1/collector.proto

import type { Target as _wca_v1_Target, Target__Output as _wca_v1_Target__Output } from '../../wca/v1/Target.ts';
import type { AllocationValue as _wca_v1_AllocationValue, AllocationValue__Output as _wca_v1_AllocationValue__Output } from '../../wca/v1/AllocationValue.ts';
import type { Long } from '@grpc/proto-loader';

export interface TargetAllocation {
  'target'?: (_wca_v1_Target | null);
  'identity'?: (number | string | Long);
  'values'?: (_wca_v1_AllocationValue)[];
}

export interface TargetAllocation__Output {
  'target': (_wca_v1_Target__Output | null);
  'identity': (number);
  'values': (_wca_v1_AllocationValue__Output)[];
}
