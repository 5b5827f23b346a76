// Original file: proto/wca/v1/collector.proto


export interface Capability {
  'name'?: (string);
  'available'?: (boolean);
  'reason'?: (string);
  'remedy'?: (string);
}

export interface Capability__Output {
  'name': (string);
  'available': (boolean);
  'reason': (string);
  'remedy': (string);
}
