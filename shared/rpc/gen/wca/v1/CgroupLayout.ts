// Original file: proto/wca/v1/collector.proto

import type { CgroupHierarchy as _wca_v1_CgroupHierarchy, CgroupHierarchy__Output as _wca_v1_CgroupHierarchy__Output } from '../../wca/v1/CgroupHierarchy.ts';

export interface CgroupLayout {
  'mode'?: (string);
  'hierarchies'?: (_wca_v1_CgroupHierarchy)[];
}

export interface CgroupLayout__Output {
  'mode': (string);
  'hierarchies': (_wca_v1_CgroupHierarchy__Output)[];
}
