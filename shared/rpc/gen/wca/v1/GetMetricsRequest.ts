// Original file: proto/wca/v1/controller.proto


export interface GetMetricsRequest {
  'names'?: (string)[];
  'node'?: (string);
}

export interface GetMetricsRequest__Output {
  'names': (string)[];
  'node': (string);
}
