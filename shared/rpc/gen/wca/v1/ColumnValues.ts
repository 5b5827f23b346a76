// Original file: proto/wca/v1/collector.proto

import type { Long } from '@grpc/proto-loader';

export interface ColumnValues {
  'u64'?: (number | string | Long)[];
  'f64'?: (number | string)[];
  'absent'?: (Buffer | Uint8Array | string);
}

export interface ColumnValues__Output {
  'u64': (number)[];
  'f64': (number)[];
  'absent': (Buffer);
}
