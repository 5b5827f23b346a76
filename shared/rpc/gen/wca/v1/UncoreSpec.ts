// Original file: proto/wca/v1/collector.proto

import type { UncoreGroup as _wca_v1_UncoreGroup, UncoreGroup__Output as _wca_v1_UncoreGroup__Output } from '../../wca/v1/UncoreGroup.ts';

export interface UncoreSpec {
  'required'?: (boolean);
  'groups'?: (_wca_v1_UncoreGroup)[];
}

export interface UncoreSpec__Output {
  'required': (boolean);
  'groups': (_wca_v1_UncoreGroup__Output)[];
}
