// Original file: proto/wca/v1/collector.proto


export interface WatchAuditRequest {
  'follow'?: (boolean);
}

export interface WatchAuditRequest__Output {
  'follow': (boolean);
}
