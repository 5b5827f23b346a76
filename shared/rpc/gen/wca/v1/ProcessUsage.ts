// Original file: proto/wca/v1/collector.proto

import type { Long } from '@grpc/proto-loader';

export interface ProcessUsage {
  'rssBytes'?: (number | string | Long);
  'cpuSeconds'?: (number | string);
  'eventLoopDelaySeconds'?: (number | string);
}

export interface ProcessUsage__Output {
  'rssBytes': (number);
  'cpuSeconds': (number);
  'eventLoopDelaySeconds': (number);
}
