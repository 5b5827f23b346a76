// Original file: proto/wca/v1/controller.proto


export interface HostUsage {
  'hostname'?: (string);
  'cpus'?: (number);
  'cpuCores'?: (number | string);
  'memoryBytes'?: (number | string);
  'memoryTotalBytes'?: (number | string);
  '_cpuCores'?: "cpuCores";
  '_memoryBytes'?: "memoryBytes";
}

export interface HostUsage__Output {
  'hostname': (string);
  'cpus': (number);
  'cpuCores'?: (number);
  'memoryBytes'?: (number);
  'memoryTotalBytes': (number);
  '_cpuCores'?: "cpuCores";
  '_memoryBytes'?: "memoryBytes";
}
