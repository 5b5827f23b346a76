// Original file: proto/wca/v1/collector.proto


export interface NumaDistance {
  'to'?: (number);
  'distance'?: (number);
}

export interface NumaDistance__Output {
  'to': (number);
  'distance': (number);
}
