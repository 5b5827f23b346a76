// Original file: proto/wca/v1/controller.proto

import type { Task as _wca_v1_Task, Task__Output as _wca_v1_Task__Output } from '../../wca/v1/Task.ts';

export interface ListTasksResponse {
  'tasks'?: (_wca_v1_Task)[];
}

export interface ListTasksResponse__Output {
  'tasks': (_wca_v1_Task__Output)[];
}
