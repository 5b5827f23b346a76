// Original file: proto/wca/v1/controller.proto

import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';
import type { Long } from '@grpc/proto-loader';

export interface CollectorSession {
  'address'?: (string);
  'state'?: (string);
  'snapshots'?: (number | string | Long);
  'lost'?: (number | string | Long);
  'error'?: (_wca_v1_Error | null);
  'attaches'?: (number | string | Long);
  'node'?: (string);
  'hostname'?: (string);
  'tasks'?: (number);
  'iterations'?: (number | string | Long);
  'discovery'?: (string);
}

export interface CollectorSession__Output {
  'address': (string);
  'state': (string);
  'snapshots': (number);
  'lost': (number);
  'error': (_wca_v1_Error__Output | null);
  'attaches': (number);
  'node': (string);
  'hostname': (string);
  'tasks': (number);
  'iterations': (number);
  'discovery': (string);
}
