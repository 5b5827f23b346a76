// Original file: proto/wca/v1/collector.proto


export interface Step {
  'name'?: (string);
  'seconds'?: (number | string);
}

export interface Step__Output {
  'name': (string);
  'seconds': (number);
}
