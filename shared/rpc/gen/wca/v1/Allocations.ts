// Original file: proto/wca/v1/collector.proto

import type { CurrentAllocations as _wca_v1_CurrentAllocations, CurrentAllocations__Output as _wca_v1_CurrentAllocations__Output } from '../../wca/v1/CurrentAllocations.ts';

export interface Allocations {
  'id'?: (number);
  'rosterId'?: (number);
  'targets'?: (_wca_v1_CurrentAllocations)[];
}

export interface Allocations__Output {
  'id': (number);
  'rosterId': (number);
  'targets': (_wca_v1_CurrentAllocations__Output)[];
}
