// Original file: proto/wca/v1/collector.proto

export const TargetState = {
  TARGET_STATE_UNSPECIFIED: 'TARGET_STATE_UNSPECIFIED',
  TARGET_STATE_MEASURED: 'TARGET_STATE_MEASURED',
  TARGET_STATE_ENDED: 'TARGET_STATE_ENDED',
  TARGET_STATE_NOT_FOUND: 'TARGET_STATE_NOT_FOUND',
  TARGET_STATE_REFUSED: 'TARGET_STATE_REFUSED',
} as const;

export type TargetState =
  | 'TARGET_STATE_UNSPECIFIED'
  | 0
  | 'TARGET_STATE_MEASURED'
  | 1
  | 'TARGET_STATE_ENDED'
  | 2
  | 'TARGET_STATE_NOT_FOUND'
  | 3
  | 'TARGET_STATE_REFUSED'
  | 4

export type TargetState__Output = typeof TargetState[keyof typeof TargetState]
