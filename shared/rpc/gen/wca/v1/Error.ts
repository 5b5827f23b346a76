// Original file: proto/wca/v1/collector.proto


export interface Error {
  'code'?: (string);
  'subject'?: (string);
  'message'?: (string);
  'remedy'?: (string);
  'errno'?: (string);
}

export interface Error__Output {
  'code': (string);
  'subject': (string);
  'message': (string);
  'remedy': (string);
  'errno': (string);
}
