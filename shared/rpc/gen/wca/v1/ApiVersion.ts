// Original file: proto/wca/v1/collector.proto


export interface ApiVersion {
  'major'?: (number);
  'minor'?: (number);
  'software'?: (string);
}

export interface ApiVersion__Output {
  'major': (number);
  'minor': (number);
  'software': (string);
}
