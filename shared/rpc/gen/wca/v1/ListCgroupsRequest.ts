// Original file: proto/wca/v1/collector.proto


export interface ListCgroupsRequest {
  'paths'?: (string)[];
  'includeEmpty'?: (boolean);
}

export interface ListCgroupsRequest__Output {
  'paths': (string)[];
  'includeEmpty': (boolean);
}
