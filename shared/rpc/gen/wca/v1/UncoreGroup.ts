// Original file: proto/wca/v1/collector.proto


export interface UncoreGroup {
  'events'?: (string)[];
}

export interface UncoreGroup__Output {
  'events': (string)[];
}
