// Original file: proto/wca/v1/controller.proto

import type { Parameter as _wca_v1_Parameter, Parameter__Output as _wca_v1_Parameter__Output } from '../../wca/v1/Parameter.ts';
import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';

export interface Component {
  'name'?: (string);
  'kind'?: (string);
  'source'?: (string);
  'doc'?: (string);
  'parameters'?: (_wca_v1_Parameter)[];
  'error'?: (_wca_v1_Error | null);
}

export interface Component__Output {
  'name': (string);
  'kind': (string);
  'source': (string);
  'doc': (string);
  'parameters': (_wca_v1_Parameter__Output)[];
  'error': (_wca_v1_Error__Output | null);
}
