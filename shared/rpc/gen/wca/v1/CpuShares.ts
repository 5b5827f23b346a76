// Original file: proto/wca/v1/collector.proto

import type { Long } from '@grpc/proto-loader';

export interface CpuShares {
  'shares'?: (number | string | Long);
  'conversion'?: (string);
  'weight'?: (number);
}

export interface CpuShares__Output {
  'shares': (number);
  'conversion': (string);
  'weight': (number);
}
