// Original file: proto/wca/v1/collector.proto

import type { Long } from '@grpc/proto-loader';

export interface PageMigration {
  'node'?: (number);
  'bulk'?: (boolean);
  'moved'?: (number | string | Long);
  'notMoved'?: (number | string | Long);
  'left'?: (number | string | Long);
  'running'?: (boolean);
}

export interface PageMigration__Output {
  'node': (number);
  'bulk': (boolean);
  'moved': (number);
  'notMoved': (number);
  'left': (number);
  'running': (boolean);
}
