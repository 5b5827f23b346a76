// Original file: proto/wca/v1/collector.proto


export interface HoldRequest {
  'cgroupPaths'?: (string)[];
  'all'?: (boolean);
  'hold'?: (boolean);
}

export interface HoldRequest__Output {
  'cgroupPaths': (string)[];
  'all': (boolean);
  'hold': (boolean);
}
