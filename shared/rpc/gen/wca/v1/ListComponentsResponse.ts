// Original file: proto/wca/v1/controller.proto

import type { Component as _wca_v1_Component, Component__Output as _wca_v1_Component__Output } from '../../wca/v1/Component.ts';

export interface ListComponentsResponse {
  'components'?: (_wca_v1_Component)[];
}

export interface ListComponentsResponse__Output {
  'components': (_wca_v1_Component__Output)[];
}
