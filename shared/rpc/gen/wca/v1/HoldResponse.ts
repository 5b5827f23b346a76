// Original file: proto/wca/v1/collector.proto


export interface HoldResponse {
  'cgroupPaths'?: (string)[];
}

export interface HoldResponse__Output {
  'cgroupPaths': (string)[];
}
