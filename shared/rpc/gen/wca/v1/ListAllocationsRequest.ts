// Original file: proto/wca/v1/collector.proto


export interface ListAllocationsRequest {
  'cgroupPaths'?: (string)[];
}

export interface ListAllocationsRequest__Output {
  'cgroupPaths': (string)[];
}
