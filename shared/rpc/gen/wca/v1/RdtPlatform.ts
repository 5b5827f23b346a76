// Original file: proto/wca/v1/collector.proto

import type { RdtCache as _wca_v1_RdtCache, RdtCache__Output as _wca_v1_RdtCache__Output } from '../../wca/v1/RdtCache.ts';
import type { RdtBandwidth as _wca_v1_RdtBandwidth, RdtBandwidth__Output as _wca_v1_RdtBandwidth__Output } from '../../wca/v1/RdtBandwidth.ts';

export interface RdtPlatform {
  'caches'?: (_wca_v1_RdtCache)[];
  'bandwidths'?: (_wca_v1_RdtBandwidth)[];
  'numClosids'?: (number);
  'monitored'?: (string)[];
}

export interface RdtPlatform__Output {
  'caches': (_wca_v1_RdtCache__Output)[];
  'bandwidths': (_wca_v1_RdtBandwidth__Output)[];
  'numClosids': (number);
  'monitored': (string)[];
}
