// Original file: proto/wca/v1/collector.proto


export interface KernelWrite {
  'file'?: (string);
  'before'?: (string);
  'after'?: (string);
}

export interface KernelWrite__Output {
  'file': (string);
  'before': (string);
  'after': (string);
}
