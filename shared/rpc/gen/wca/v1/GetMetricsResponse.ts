// Original file: proto/wca/v1/controller.proto


export interface GetMetricsResponse {
  'exposition'?: (string);
  'sampledUnixSeconds'?: (number | string);
}

export interface GetMetricsResponse__Output {
  'exposition': (string);
  'sampledUnixSeconds': (number);
}
