// Original file: proto/wca/v1/collector.proto

import type { ColumnValues as _wca_v1_ColumnValues, ColumnValues__Output as _wca_v1_ColumnValues__Output } from '../../wca/v1/ColumnValues.ts';
import type { TargetState as _wca_v1_TargetState, TargetState__Output as _wca_v1_TargetState__Output } from '../../wca/v1/TargetState.ts';
import type { TargetError as _wca_v1_TargetError, TargetError__Output as _wca_v1_TargetError__Output } from '../../wca/v1/TargetError.ts';
import type { Step as _wca_v1_Step, Step__Output as _wca_v1_Step__Output } from '../../wca/v1/Step.ts';
import type { Long } from '@grpc/proto-loader';

export interface Snapshot {
  'sequence'?: (number | string | Long);
  'realtimeNs'?: (number | string | Long);
  'monotonicNs'?: (number | string | Long);
  'schemaId'?: (number);
  'rosterId'?: (number);
  'lost'?: (number | string | Long);
  'platform'?: (_wca_v1_ColumnValues)[];
  'targets'?: (_wca_v1_ColumnValues)[];
  'states'?: (_wca_v1_TargetState)[];
  'generations'?: (number | string | Long)[];
  'errors'?: (_wca_v1_TargetError)[];
  'steps'?: (_wca_v1_Step)[];
  'allocationsId'?: (number);
}

export interface Snapshot__Output {
  'sequence': (number);
  'realtimeNs': (number);
  'monotonicNs': (number);
  'schemaId': (number);
  'rosterId': (number);
  'lost': (number);
  'platform': (_wca_v1_ColumnValues__Output)[];
  'targets': (_wca_v1_ColumnValues__Output)[];
  'states': (_wca_v1_TargetState__Output)[];
  'generations': (number)[];
  'errors': (_wca_v1_TargetError__Output)[];
  'steps': (_wca_v1_Step__Output)[];
  'allocationsId': (number);
}
