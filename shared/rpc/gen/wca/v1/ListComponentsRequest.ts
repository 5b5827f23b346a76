// Original file: proto/wca/v1/controller.proto


export interface ListComponentsRequest {
  'name'?: (string);
}

export interface ListComponentsRequest__Output {
  'name': (string);
}
