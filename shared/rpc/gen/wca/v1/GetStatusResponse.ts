// Original file: proto/wca/v1/collector.proto

import type { ApiVersion as _wca_v1_ApiVersion, ApiVersion__Output as _wca_v1_ApiVersion__Output } from '../../wca/v1/ApiVersion.ts';
import type { Subscriber as _wca_v1_Subscriber, Subscriber__Output as _wca_v1_Subscriber__Output } from '../../wca/v1/Subscriber.ts';
import type { Descriptors as _wca_v1_Descriptors, Descriptors__Output as _wca_v1_Descriptors__Output } from '../../wca/v1/Descriptors.ts';
import type { Sampler as _wca_v1_Sampler, Sampler__Output as _wca_v1_Sampler__Output } from '../../wca/v1/Sampler.ts';
import type { ProcessUsage as _wca_v1_ProcessUsage, ProcessUsage__Output as _wca_v1_ProcessUsage__Output } from '../../wca/v1/ProcessUsage.ts';
import type { ErrorCount as _wca_v1_ErrorCount, ErrorCount__Output as _wca_v1_ErrorCount__Output } from '../../wca/v1/ErrorCount.ts';
import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';
import type { Limits as _wca_v1_Limits, Limits__Output as _wca_v1_Limits__Output } from '../../wca/v1/Limits.ts';
import type { Lease as _wca_v1_Lease, Lease__Output as _wca_v1_Lease__Output } from '../../wca/v1/Lease.ts';

export interface GetStatusResponse {
  'server'?: (_wca_v1_ApiVersion | null);
  'pid'?: (number);
  'uptimeSeconds'?: (number | string);
  'listening'?: (string)[];
  'subscribers'?: (_wca_v1_Subscriber)[];
  'descriptors'?: (_wca_v1_Descriptors | null);
  'sampler'?: (_wca_v1_Sampler | null);
  'usage'?: (_wca_v1_ProcessUsage | null);
  'errorCounts'?: (_wca_v1_ErrorCount)[];
  'recentErrors'?: (_wca_v1_Error)[];
  'limits'?: (_wca_v1_Limits | null);
  'draining'?: (boolean);
  'leases'?: (_wca_v1_Lease)[];
  'allocations'?: (number);
  'held'?: (string)[];
}

export interface GetStatusResponse__Output {
  'server': (_wca_v1_ApiVersion__Output | null);
  'pid': (number);
  'uptimeSeconds': (number);
  'listening': (string)[];
  'subscribers': (_wca_v1_Subscriber__Output)[];
  'descriptors': (_wca_v1_Descriptors__Output | null);
  'sampler': (_wca_v1_Sampler__Output | null);
  'usage': (_wca_v1_ProcessUsage__Output | null);
  'errorCounts': (_wca_v1_ErrorCount__Output)[];
  'recentErrors': (_wca_v1_Error__Output)[];
  'limits': (_wca_v1_Limits__Output | null);
  'draining': (boolean);
  'leases': (_wca_v1_Lease__Output)[];
  'allocations': (number);
  'held': (string)[];
}
