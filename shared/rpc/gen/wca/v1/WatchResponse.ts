// Original file: proto/wca/v1/collector.proto

import type { Schema as _wca_v1_Schema, Schema__Output as _wca_v1_Schema__Output } from '../../wca/v1/Schema.ts';
import type { Roster as _wca_v1_Roster, Roster__Output as _wca_v1_Roster__Output } from '../../wca/v1/Roster.ts';
import type { Snapshot as _wca_v1_Snapshot, Snapshot__Output as _wca_v1_Snapshot__Output } from '../../wca/v1/Snapshot.ts';
import type { Allocations as _wca_v1_Allocations, Allocations__Output as _wca_v1_Allocations__Output } from '../../wca/v1/Allocations.ts';

export interface WatchResponse {
  'schema'?: (_wca_v1_Schema | null);
  'roster'?: (_wca_v1_Roster | null);
  'snapshot'?: (_wca_v1_Snapshot | null);
  'allocations'?: (_wca_v1_Allocations | null);
  'kind'?: "schema"|"roster"|"snapshot"|"allocations";
}

export interface WatchResponse__Output {
  'schema'?: (_wca_v1_Schema__Output | null);
  'roster'?: (_wca_v1_Roster__Output | null);
  'snapshot'?: (_wca_v1_Snapshot__Output | null);
  'allocations'?: (_wca_v1_Allocations__Output | null);
  'kind'?: "schema"|"roster"|"snapshot"|"allocations";
}
