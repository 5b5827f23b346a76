// Original file: proto/wca/v1/collector.proto

import type { Long } from '@grpc/proto-loader';

export interface CpuQuota {
  'quotaUs'?: (number | string | Long);
  'periodUs'?: (number | string | Long);
  '_quotaUs'?: "quotaUs";
}

export interface CpuQuota__Output {
  'quotaUs'?: (number);
  'periodUs': (number);
  '_quotaUs'?: "quotaUs";
}
