// Original file: proto/wca/v1/collector.proto

import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';

export interface TargetError {
  'row'?: (number);
  'error'?: (_wca_v1_Error | null);
}

export interface TargetError__Output {
  'row': (number);
  'error': (_wca_v1_Error__Output | null);
}
