// Original file: proto/wca/v1/collector.proto


export interface Cpu {
  'id'?: (number);
  'socket'?: (number);
  'core'?: (number);
  'numaNode'?: (number);
}

export interface Cpu__Output {
  'id': (number);
  'socket': (number);
  'core': (number);
  'numaNode': (number);
}
