// Original file: proto/wca/v1/collector.proto


export interface Roster {
  'id'?: (number);
  'targetsRevision'?: (number);
  'targetIds'?: (string)[];
}

export interface Roster__Output {
  'id': (number);
  'targetsRevision': (number);
  'targetIds': (string)[];
}
