// Original file: proto/wca/v1/collector.proto

import type { NumaDistance as _wca_v1_NumaDistance, NumaDistance__Output as _wca_v1_NumaDistance__Output } from '../../wca/v1/NumaDistance.ts';
import type { Long } from '@grpc/proto-loader';

export interface NumaNode {
  'id'?: (number);
  'cpus'?: (number)[];
  'memoryBytes'?: (number | string | Long);
  'distances'?: (_wca_v1_NumaDistance)[];
}

export interface NumaNode__Output {
  'id': (number);
  'cpus': (number)[];
  'memoryBytes': (number);
  'distances': (_wca_v1_NumaDistance__Output)[];
}
