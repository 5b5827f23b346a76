// Original file: proto/wca/v1/collector.proto

import type { AllocationRecord as _wca_v1_AllocationRecord, AllocationRecord__Output as _wca_v1_AllocationRecord__Output } from '../../wca/v1/AllocationRecord.ts';
import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';

export interface ListAllocationsResponse {
  'allocations'?: (_wca_v1_AllocationRecord)[];
  'held'?: (string)[];
  'enabled'?: (boolean);
  'disabledReason'?: (_wca_v1_Error | null);
}

export interface ListAllocationsResponse__Output {
  'allocations': (_wca_v1_AllocationRecord__Output)[];
  'held': (string)[];
  'enabled': (boolean);
  'disabledReason': (_wca_v1_Error__Output | null);
}
