// Original file: proto/wca/v1/collector.proto


export interface RenewLeaseResponse {
  'allocations'?: (number);
}

export interface RenewLeaseResponse__Output {
  'allocations': (number);
}
