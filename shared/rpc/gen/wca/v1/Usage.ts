// Original file: proto/wca/v1/controller.proto

import type { HostUsage as _wca_v1_HostUsage, HostUsage__Output as _wca_v1_HostUsage__Output } from '../../wca/v1/HostUsage.ts';
import type { TaskUsage as _wca_v1_TaskUsage, TaskUsage__Output as _wca_v1_TaskUsage__Output } from '../../wca/v1/TaskUsage.ts';
import type { Long } from '@grpc/proto-loader';

export interface Usage {
  'sequence'?: (number | string | Long);
  'realtimeSeconds'?: (number | string);
  'intervalSeconds'?: (number | string);
  'host'?: (_wca_v1_HostUsage | null);
  'tasks'?: (_wca_v1_TaskUsage)[];
  'features'?: (string)[];
}

export interface Usage__Output {
  'sequence': (number);
  'realtimeSeconds': (number);
  'intervalSeconds': (number);
  'host': (_wca_v1_HostUsage__Output | null);
  'tasks': (_wca_v1_TaskUsage__Output)[];
  'features': (string)[];
}
