// Original file: proto/wca/v1/collector.proto


export interface RestoreRequest {
  'cgroupPaths'?: (string)[];
  'all'?: (boolean);
  'leaseId'?: (string);
  'force'?: (boolean);
  'dryRun'?: (boolean);
  'requestId'?: (string);
}

export interface RestoreRequest__Output {
  'cgroupPaths': (string)[];
  'all': (boolean);
  'leaseId': (string);
  'force': (boolean);
  'dryRun': (boolean);
  'requestId': (string);
}
