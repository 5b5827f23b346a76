// Original file: proto/wca/v1/collector.proto

import type { Cgroup as _wca_v1_Cgroup, Cgroup__Output as _wca_v1_Cgroup__Output } from '../../wca/v1/Cgroup.ts';

export interface ListCgroupsResponse {
  'cgroups'?: (_wca_v1_Cgroup)[];
  'truncated'?: (boolean);
}

export interface ListCgroupsResponse__Output {
  'cgroups': (_wca_v1_Cgroup__Output)[];
  'truncated': (boolean);
}
