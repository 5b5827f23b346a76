// Original file: proto/wca/v1/controller.proto

import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';

export interface Task {
  'id'?: (string);
  'name'?: (string);
  'cgroupPath'?: (string);
  'childCgroupPaths'?: (string)[];
  'labels'?: ({[key: string]: string});
  'resources'?: ({[key: string]: string});
  'state'?: (string);
  'errors'?: (_wca_v1_Error)[];
  'node'?: (string);
}

export interface Task__Output {
  'id': (string);
  'name': (string);
  'cgroupPath': (string);
  'childCgroupPaths': (string)[];
  'labels': ({[key: string]: string});
  'resources': ({[key: string]: string});
  'state': (string);
  'errors': (_wca_v1_Error__Output)[];
  'node': (string);
}
