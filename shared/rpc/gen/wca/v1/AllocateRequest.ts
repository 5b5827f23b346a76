// Original file: proto/wca/v1/collector.proto

import type { ApiVersion as _wca_v1_ApiVersion, ApiVersion__Output as _wca_v1_ApiVersion__Output } from '../../wca/v1/ApiVersion.ts';
import type { TargetAllocation as _wca_v1_TargetAllocation, TargetAllocation__Output as _wca_v1_TargetAllocation__Output } from '../../wca/v1/TargetAllocation.ts';

export interface AllocateRequest {
  'client'?: (_wca_v1_ApiVersion | null);
  'requestId'?: (string);
  'dryRun'?: (boolean);
  'leaseId'?: (string);
  'leaseTtlMs'?: (number);
  'reassert'?: (boolean);
  'targets'?: (_wca_v1_TargetAllocation)[];
}

export interface AllocateRequest__Output {
  'client': (_wca_v1_ApiVersion__Output | null);
  'requestId': (string);
  'dryRun': (boolean);
  'leaseId': (string);
  'leaseTtlMs': (number);
  'reassert': (boolean);
  'targets': (_wca_v1_TargetAllocation__Output)[];
}
