// Original file: proto/wca/v1/collector.proto


export interface CpuModel {
  'name'?: (string);
  'vendor'?: (string);
  'family'?: (number);
  'model'?: (number);
  'stepping'?: (number);
  'codeName'?: (string);
}

export interface CpuModel__Output {
  'name': (string);
  'vendor': (string);
  'family': (number);
  'model': (number);
  'stepping': (number);
  'codeName': (string);
}
