// Original file: proto/wca/v1/collector.proto

import type { Target as _wca_v1_Target, Target__Output as _wca_v1_Target__Output } from '../../wca/v1/Target.ts';

export interface TargetUpdate {
  'revision'?: (number);
  'upsert'?: (_wca_v1_Target)[];
  'remove'?: (string)[];
}

export interface TargetUpdate__Output {
  'revision': (number);
  'upsert': (_wca_v1_Target__Output)[];
  'remove': (string)[];
}
