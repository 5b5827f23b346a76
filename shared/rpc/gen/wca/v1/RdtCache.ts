// Original file: proto/wca/v1/collector.proto

import type { Long } from '@grpc/proto-loader';

export interface RdtCache {
  'resource'?: (string);
  'cbmMask'?: (number | string | Long);
  'minCbmBits'?: (number);
  'domains'?: (number)[];
}

export interface RdtCache__Output {
  'resource': (string);
  'cbmMask': (number);
  'minCbmBits': (number);
  'domains': (number)[];
}
