// Original file: proto/wca/v1/collector.proto


export interface Limits {
  'maxSubscribers'?: (number);
  'maxTargets'?: (number);
  'maxIdBytes'?: (number);
  'maxPathBytes'?: (number);
  'maxChildren'?: (number);
  'maxEvents'?: (number);
  'minIntervalMs'?: (number);
  'maxIntervalMs'?: (number);
  'maxMessageBytes'?: (number);
  'maxCgroupsListed'?: (number);
  'maxAllocatedTargets'?: (number);
  'maxLeases'?: (number);
  'minLeaseMs'?: (number);
  'maxLeaseMs'?: (number);
}

export interface Limits__Output {
  'maxSubscribers': (number);
  'maxTargets': (number);
  'maxIdBytes': (number);
  'maxPathBytes': (number);
  'maxChildren': (number);
  'maxEvents': (number);
  'minIntervalMs': (number);
  'maxIntervalMs': (number);
  'maxMessageBytes': (number);
  'maxCgroupsListed': (number);
  'maxAllocatedTargets': (number);
  'maxLeases': (number);
  'minLeaseMs': (number);
  'maxLeaseMs': (number);
}
