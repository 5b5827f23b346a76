// Original file: proto/wca/v1/collector.proto

import type { Long } from '@grpc/proto-loader';

export interface Descriptors {
  'open'?: (number);
  'limit'?: (number);
  'cgroups'?: (number);
  'perf'?: (number);
  'degradedFiles'?: (number);
  'degradedPerf'?: (number);
  'needed'?: (number | string | Long);
}

export interface Descriptors__Output {
  'open': (number);
  'limit': (number);
  'cgroups': (number);
  'perf': (number);
  'degradedFiles': (number);
  'degradedPerf': (number);
  'needed': (number);
}
