// Original file: proto/wca/v1/collector.proto


export interface MemoryModulesSpec {
  'required'?: (boolean);
}

export interface MemoryModulesSpec__Output {
  'required': (boolean);
}
