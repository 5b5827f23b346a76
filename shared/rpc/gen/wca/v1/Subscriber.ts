// Original file: proto/wca/v1/collector.proto

import type { Long } from '@grpc/proto-loader';

export interface Subscriber {
  'peer'?: (string);
  'intervalMs'?: (number);
  'events'?: (string)[];
  'targets'?: (number);
  'sent'?: (number | string | Long);
  'lost'?: (number | string | Long);
  'attachedSeconds'?: (number | string);
  'sources'?: (string)[];
}

export interface Subscriber__Output {
  'peer': (string);
  'intervalMs': (number);
  'events': (string)[];
  'targets': (number);
  'sent': (number);
  'lost': (number);
  'attachedSeconds': (number);
  'sources': (string)[];
}
