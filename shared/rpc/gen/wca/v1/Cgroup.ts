// Original file: proto/wca/v1/collector.proto


export interface Cgroup {
  'path'?: (string);
  'populated'?: (boolean);
  'leaf'?: (boolean);
  'controllers'?: (string)[];
}

export interface Cgroup__Output {
  'path': (string);
  'populated': (boolean);
  'leaf': (boolean);
  'controllers': (string)[];
}
