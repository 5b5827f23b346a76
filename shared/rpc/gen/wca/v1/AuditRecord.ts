// Original file: proto/wca/v1/collector.proto

import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';
import type { Long } from '@grpc/proto-loader';

export interface AuditRecord {
  'sequence'?: (number | string | Long);
  'realtimeNs'?: (number | string | Long);
  'peer'?: (string);
  'cause'?: (string);
  'cgroupPath'?: (string);
  'type'?: (string);
  'file'?: (string);
  'before'?: (string);
  'after'?: (string);
  'error'?: (_wca_v1_Error | null);
  'requestId'?: (string);
}

export interface AuditRecord__Output {
  'sequence': (number);
  'realtimeNs': (number);
  'peer': (string);
  'cause': (string);
  'cgroupPath': (string);
  'type': (string);
  'file': (string);
  'before': (string);
  'after': (string);
  'error': (_wca_v1_Error__Output | null);
  'requestId': (string);
}
