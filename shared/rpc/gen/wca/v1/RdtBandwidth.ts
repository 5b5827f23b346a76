// Original file: proto/wca/v1/collector.proto


export interface RdtBandwidth {
  'resource'?: (string);
  'unit'?: (string);
  'minimum'?: (number);
  'granularity'?: (number);
  'maximum'?: (number);
  'domains'?: (number)[];
}

export interface RdtBandwidth__Output {
  'resource': (string);
  'unit': (string);
  'minimum': (number);
  'granularity': (number);
  'maximum': (number);
  'domains': (number)[];
}
