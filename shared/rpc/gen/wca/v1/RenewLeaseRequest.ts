// Original file: proto/wca/v1/collector.proto


export interface RenewLeaseRequest {
  'leaseId'?: (string);
  'ttlMs'?: (number);
}

export interface RenewLeaseRequest__Output {
  'leaseId': (string);
  'ttlMs': (number);
}
