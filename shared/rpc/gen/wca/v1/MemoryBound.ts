// Original file: proto/wca/v1/collector.proto

import type { Long } from '@grpc/proto-loader';

export interface MemoryBound {
  'bytes'?: (number | string | Long);
  '_bytes'?: "bytes";
}

export interface MemoryBound__Output {
  'bytes'?: (number);
  '_bytes'?: "bytes";
}
