// Original file: proto/wca/v1/controller.proto


export interface WatchUsageRequest {
  'node'?: (string);
}

export interface WatchUsageRequest__Output {
  'node': (string);
}
