// Original file: proto/wca/v1/controller.proto

import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';
import type { Long } from '@grpc/proto-loader';

export interface StorageStatus {
  'name'?: (string);
  'stored'?: (number | string | Long);
  'dropped'?: (number | string | Long);
  'failed'?: (number | string | Long);
  'error'?: (_wca_v1_Error | null);
}

export interface StorageStatus__Output {
  'name': (string);
  'stored': (number);
  'dropped': (number);
  'failed': (number);
  'error': (_wca_v1_Error__Output | null);
}
