// Original file: proto/wca/v1/collector.proto


export interface RdtSpec {
  'required'?: (boolean);
  'perDomain'?: (boolean);
}

export interface RdtSpec__Output {
  'required': (boolean);
  'perDomain': (boolean);
}
