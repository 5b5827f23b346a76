// Original file: proto/wca/v1/collector.proto


export interface RdtAllocation {
  'group'?: (string);
  'lines'?: (string)[];
  '_group'?: "group";
}

export interface RdtAllocation__Output {
  'group'?: (string);
  'lines': (string)[];
  '_group'?: "group";
}
