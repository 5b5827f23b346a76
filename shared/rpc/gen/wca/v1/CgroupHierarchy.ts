// Original file: proto/wca/v1/collector.proto


export interface CgroupHierarchy {
  'version'?: (number);
  'controllers'?: (string)[];
  'mountPoint'?: (string);
}

export interface CgroupHierarchy__Output {
  'version': (number);
  'controllers': (string)[];
  'mountPoint': (string);
}
