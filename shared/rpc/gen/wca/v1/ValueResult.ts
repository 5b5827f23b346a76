// Original file: proto/wca/v1/collector.proto

import type { Outcome as _wca_v1_Outcome, Outcome__Output as _wca_v1_Outcome__Output } from '../../wca/v1/Outcome.ts';
import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';
import type { KernelWrite as _wca_v1_KernelWrite, KernelWrite__Output as _wca_v1_KernelWrite__Output } from '../../wca/v1/KernelWrite.ts';

export interface ValueResult {
  'type'?: (string);
  'outcome'?: (_wca_v1_Outcome);
  'error'?: (_wca_v1_Error | null);
  'writes'?: (_wca_v1_KernelWrite)[];
}

export interface ValueResult__Output {
  'type': (string);
  'outcome': (_wca_v1_Outcome__Output);
  'error': (_wca_v1_Error__Output | null);
  'writes': (_wca_v1_KernelWrite__Output)[];
}
