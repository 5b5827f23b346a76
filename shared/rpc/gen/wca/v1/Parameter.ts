// Original file: proto/wca/v1/controller.proto


export interface Parameter {
  'name'?: (string);
  'type'?: (string);
  'required'?: (boolean);
  'defaultValue'?: (string);
  'doc'?: (string);
}

export interface Parameter__Output {
  'name': (string);
  'type': (string);
  'required': (boolean);
  'defaultValue': (string);
  'doc': (string);
}
