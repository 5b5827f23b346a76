// Original file: proto/wca/v1/collector.proto

import type { ValueKind as _wca_v1_ValueKind, ValueKind__Output as _wca_v1_ValueKind__Output } from '../../wca/v1/ValueKind.ts';

export interface Column {
  'metric'?: (string);
  'labels'?: ({[key: string]: string});
  'kind'?: (_wca_v1_ValueKind);
  'divisor'?: (number | string);
}

export interface Column__Output {
  'metric': (string);
  'labels': ({[key: string]: string});
  'kind': (_wca_v1_ValueKind__Output);
  'divisor': (number);
}
