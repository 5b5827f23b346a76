// Original file: proto/wca/v1/collector.proto


export interface WssSpec {
  'resetEvery'?: (number);
  'stableCycles'?: (number);
  'membwThreshold'?: (number | string);
  '_membwThreshold'?: "membwThreshold";
}

export interface WssSpec__Output {
  'resetEvery': (number);
  'stableCycles': (number);
  'membwThreshold'?: (number);
  '_membwThreshold'?: "membwThreshold";
}
