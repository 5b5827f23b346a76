// Original file: proto/wca/v1/collector.proto

export const ValueKind = {
  VALUE_KIND_UNSPECIFIED: 'VALUE_KIND_UNSPECIFIED',
  VALUE_KIND_U64: 'VALUE_KIND_U64',
  VALUE_KIND_F64: 'VALUE_KIND_F64',
} as const;

export type ValueKind =
  | 'VALUE_KIND_UNSPECIFIED'
  | 0
  | 'VALUE_KIND_U64'
  | 1
  | 'VALUE_KIND_F64'
  | 2

export type ValueKind__Output = typeof ValueKind[keyof typeof ValueKind]
