// Original file: proto/wca/v1/collector.proto

import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';

export interface AllocationRecord {
  'cgroupPath'?: (string);
  'type'?: (string);
  'file'?: (string);
  'original'?: (string);
  'target'?: (string);
  'current'?: (string);
  'problem'?: (_wca_v1_Error | null);
  'leaseId'?: (string);
  'leaseSecondsLeft'?: (number | string);
  'owner'?: (string);
  'sinceSeconds'?: (number | string);
}

export interface AllocationRecord__Output {
  'cgroupPath': (string);
  'type': (string);
  'file': (string);
  'original': (string);
  'target': (string);
  'current': (string);
  'problem': (_wca_v1_Error__Output | null);
  'leaseId': (string);
  'leaseSecondsLeft': (number);
  'owner': (string);
  'sinceSeconds': (number);
}
