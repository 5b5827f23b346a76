// Original file: proto/wca/v1/collector.proto

import type { Column as _wca_v1_Column, Column__Output as _wca_v1_Column__Output } from '../../wca/v1/Column.ts';
import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';

export interface Schema {
  'id'?: (number);
  'platform'?: (_wca_v1_Column)[];
  'target'?: (_wca_v1_Column)[];
  'unavailable'?: (_wca_v1_Error)[];
  'notes'?: (_wca_v1_Error)[];
}

export interface Schema__Output {
  'id': (number);
  'platform': (_wca_v1_Column__Output)[];
  'target': (_wca_v1_Column__Output)[];
  'unavailable': (_wca_v1_Error__Output)[];
  'notes': (_wca_v1_Error__Output)[];
}
