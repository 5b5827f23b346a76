// Original file: proto/wca/v1/collector.proto


export interface Lease {
  'id'?: (string);
  'peer'?: (string);
  'secondsLeft'?: (number | string);
  'allocations'?: (number);
}

export interface Lease__Output {
  'id': (string);
  'peer': (string);
  'secondsLeft': (number);
  'allocations': (number);
}
