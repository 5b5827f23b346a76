// Original file: proto/wca/v1/collector.proto

import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';
import type { ValueResult as _wca_v1_ValueResult, ValueResult__Output as _wca_v1_ValueResult__Output } from '../../wca/v1/ValueResult.ts';

export interface TargetResult {
  'targetId'?: (string);
  'error'?: (_wca_v1_Error | null);
  'values'?: (_wca_v1_ValueResult)[];
}

export interface TargetResult__Output {
  'targetId': (string);
  'error': (_wca_v1_Error__Output | null);
  'values': (_wca_v1_ValueResult__Output)[];
}
