// Original file: proto/wca/v1/collector.proto


export interface Descriptors {
  'open'?: (number);
  'limit'?: (number);
  'cgroups'?: (number);
  'perf'?: (number);
  'degradedFiles'?: (number);
  'degradedPerf'?: (number);
}

export interface Descriptors__Output {
  'open': (number);
  'limit': (number);
  'cgroups': (number);
  'perf': (number);
  'degradedFiles': (number);
  'degradedPerf': (number);
}
