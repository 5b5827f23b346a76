// Original file: proto/wca/v1/collector.proto


export interface Target {
  'id'?: (string);
  'cgroupPath'?: (string);
  'childCgroupPaths'?: (string)[];
}

export interface Target__Output {
  'id': (string);
  'cgroupPath': (string);
  'childCgroupPaths': (string)[];
}
