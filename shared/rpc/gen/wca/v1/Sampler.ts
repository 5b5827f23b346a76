// Original file: proto/wca/v1/collector.proto

import type { Step as _wca_v1_Step, Step__Output as _wca_v1_Step__Output } from '../../wca/v1/Step.ts';
import type { Long } from '@grpc/proto-loader';

export interface Sampler {
  'ticks'?: (number | string | Long);
  'overruns'?: (number | string | Long);
  'lastSteps'?: (_wca_v1_Step)[];
  'lastSeconds'?: (number | string);
}

export interface Sampler__Output {
  'ticks': (number);
  'overruns': (number);
  'lastSteps': (_wca_v1_Step__Output)[];
  'lastSeconds': (number);
}
