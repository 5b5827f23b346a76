// Original file: proto/wca/v1/controller.proto

import type { ApiVersion as _wca_v1_ApiVersion, ApiVersion__Output as _wca_v1_ApiVersion__Output } from '../../wca/v1/ApiVersion.ts';
import type { CollectorSession as _wca_v1_CollectorSession, CollectorSession__Output as _wca_v1_CollectorSession__Output } from '../../wca/v1/CollectorSession.ts';
import type { Step as _wca_v1_Step, Step__Output as _wca_v1_Step__Output } from '../../wca/v1/Step.ts';
import type { StorageStatus as _wca_v1_StorageStatus, StorageStatus__Output as _wca_v1_StorageStatus__Output } from '../../wca/v1/StorageStatus.ts';
import type { ErrorCount as _wca_v1_ErrorCount, ErrorCount__Output as _wca_v1_ErrorCount__Output } from '../../wca/v1/ErrorCount.ts';
import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from '../../wca/v1/Error.ts';
import type { ProcessUsage as _wca_v1_ProcessUsage, ProcessUsage__Output as _wca_v1_ProcessUsage__Output } from '../../wca/v1/ProcessUsage.ts';
import type { Long } from '@grpc/proto-loader';

export interface GetControllerStatusResponse {
  'server'?: (_wca_v1_ApiVersion | null);
  'pid'?: (number);
  'uptimeSeconds'?: (number | string);
  'configFile'?: (string);
  'collectors'?: (_wca_v1_CollectorSession)[];
  'steps'?: (_wca_v1_Step)[];
  'iterations'?: (number | string | Long);
  'tasks'?: (number);
  'storages'?: (_wca_v1_StorageStatus)[];
  'errorCounts'?: (_wca_v1_ErrorCount)[];
  'openEpisodes'?: (_wca_v1_Error)[];
  'usage'?: (_wca_v1_ProcessUsage | null);
  'discovery'?: (string);
  'endpoints'?: (string)[];
  'notes'?: (_wca_v1_Error)[];
}

export interface GetControllerStatusResponse__Output {
  'server': (_wca_v1_ApiVersion__Output | null);
  'pid': (number);
  'uptimeSeconds': (number);
  'configFile': (string);
  'collectors': (_wca_v1_CollectorSession__Output)[];
  'steps': (_wca_v1_Step__Output)[];
  'iterations': (number);
  'tasks': (number);
  'storages': (_wca_v1_StorageStatus__Output)[];
  'errorCounts': (_wca_v1_ErrorCount__Output)[];
  'openEpisodes': (_wca_v1_Error__Output)[];
  'usage': (_wca_v1_ProcessUsage__Output | null);
  'discovery': (string);
  'endpoints': (string)[];
  'notes': (_wca_v1_Error__Output)[];
}
