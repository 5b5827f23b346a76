// Original file: proto/wca/v1/collector.proto

import type { Long } from '@grpc/proto-loader';

export interface ErrorCount {
  'code'?: (string);
  'source'?: (string);
  'count'?: (number | string | Long);
}

export interface ErrorCount__Output {
  'code': (string);
  'source': (string);
  'count': (number);
}
