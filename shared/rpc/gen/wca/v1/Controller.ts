// Original file: proto/wca/v1/controller.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetControllerStatusRequest as _wca_v1_GetControllerStatusRequest, GetControllerStatusRequest__Output as _wca_v1_GetControllerStatusRequest__Output } from '../../wca/v1/GetControllerStatusRequest.ts';
import type { GetControllerStatusResponse as _wca_v1_GetControllerStatusResponse, GetControllerStatusResponse__Output as _wca_v1_GetControllerStatusResponse__Output } from '../../wca/v1/GetControllerStatusResponse.ts';
import type { GetMetricsRequest as _wca_v1_GetMetricsRequest, GetMetricsRequest__Output as _wca_v1_GetMetricsRequest__Output } from '../../wca/v1/GetMetricsRequest.ts';
import type { GetMetricsResponse as _wca_v1_GetMetricsResponse, GetMetricsResponse__Output as _wca_v1_GetMetricsResponse__Output } from '../../wca/v1/GetMetricsResponse.ts';
import type { ListComponentsRequest as _wca_v1_ListComponentsRequest, ListComponentsRequest__Output as _wca_v1_ListComponentsRequest__Output } from '../../wca/v1/ListComponentsRequest.ts';
import type { ListComponentsResponse as _wca_v1_ListComponentsResponse, ListComponentsResponse__Output as _wca_v1_ListComponentsResponse__Output } from '../../wca/v1/ListComponentsResponse.ts';
import type { ListTasksRequest as _wca_v1_ListTasksRequest, ListTasksRequest__Output as _wca_v1_ListTasksRequest__Output } from '../../wca/v1/ListTasksRequest.ts';
import type { ListTasksResponse as _wca_v1_ListTasksResponse, ListTasksResponse__Output as _wca_v1_ListTasksResponse__Output } from '../../wca/v1/ListTasksResponse.ts';
import type { Usage as _wca_v1_Usage, Usage__Output as _wca_v1_Usage__Output } from '../../wca/v1/Usage.ts';
import type { WatchUsageRequest as _wca_v1_WatchUsageRequest, WatchUsageRequest__Output as _wca_v1_WatchUsageRequest__Output } from '../../wca/v1/WatchUsageRequest.ts';

export interface ControllerClient extends grpc.Client {
  GetMetrics(argument: _wca_v1_GetMetricsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  GetMetrics(argument: _wca_v1_GetMetricsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  GetMetrics(argument: _wca_v1_GetMetricsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  GetMetrics(argument: _wca_v1_GetMetricsRequest, callback: grpc.requestCallback<_wca_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  getMetrics(argument: _wca_v1_GetMetricsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  getMetrics(argument: _wca_v1_GetMetricsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  getMetrics(argument: _wca_v1_GetMetricsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  getMetrics(argument: _wca_v1_GetMetricsRequest, callback: grpc.requestCallback<_wca_v1_GetMetricsResponse__Output>): grpc.ClientUnaryCall;
  
  GetStatus(argument: _wca_v1_GetControllerStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetControllerStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _wca_v1_GetControllerStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_GetControllerStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _wca_v1_GetControllerStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetControllerStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _wca_v1_GetControllerStatusRequest, callback: grpc.requestCallback<_wca_v1_GetControllerStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _wca_v1_GetControllerStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetControllerStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _wca_v1_GetControllerStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_GetControllerStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _wca_v1_GetControllerStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetControllerStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _wca_v1_GetControllerStatusRequest, callback: grpc.requestCallback<_wca_v1_GetControllerStatusResponse__Output>): grpc.ClientUnaryCall;
  
  ListComponents(argument: _wca_v1_ListComponentsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListComponentsResponse__Output>): grpc.ClientUnaryCall;
  ListComponents(argument: _wca_v1_ListComponentsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_ListComponentsResponse__Output>): grpc.ClientUnaryCall;
  ListComponents(argument: _wca_v1_ListComponentsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListComponentsResponse__Output>): grpc.ClientUnaryCall;
  ListComponents(argument: _wca_v1_ListComponentsRequest, callback: grpc.requestCallback<_wca_v1_ListComponentsResponse__Output>): grpc.ClientUnaryCall;
  listComponents(argument: _wca_v1_ListComponentsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListComponentsResponse__Output>): grpc.ClientUnaryCall;
  listComponents(argument: _wca_v1_ListComponentsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_ListComponentsResponse__Output>): grpc.ClientUnaryCall;
  listComponents(argument: _wca_v1_ListComponentsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListComponentsResponse__Output>): grpc.ClientUnaryCall;
  listComponents(argument: _wca_v1_ListComponentsRequest, callback: grpc.requestCallback<_wca_v1_ListComponentsResponse__Output>): grpc.ClientUnaryCall;
  
  ListTasks(argument: _wca_v1_ListTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  ListTasks(argument: _wca_v1_ListTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  ListTasks(argument: _wca_v1_ListTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  ListTasks(argument: _wca_v1_ListTasksRequest, callback: grpc.requestCallback<_wca_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  listTasks(argument: _wca_v1_ListTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  listTasks(argument: _wca_v1_ListTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  listTasks(argument: _wca_v1_ListTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  listTasks(argument: _wca_v1_ListTasksRequest, callback: grpc.requestCallback<_wca_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  
  WatchUsage(argument: _wca_v1_WatchUsageRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_wca_v1_Usage__Output>;
  WatchUsage(argument: _wca_v1_WatchUsageRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_wca_v1_Usage__Output>;
  watchUsage(argument: _wca_v1_WatchUsageRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_wca_v1_Usage__Output>;
  watchUsage(argument: _wca_v1_WatchUsageRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_wca_v1_Usage__Output>;
  
}

export interface ControllerHandlers extends grpc.UntypedServiceImplementation {
  GetMetrics: grpc.handleUnaryCall<_wca_v1_GetMetricsRequest__Output, _wca_v1_GetMetricsResponse>;
  
  GetStatus: grpc.handleUnaryCall<_wca_v1_GetControllerStatusRequest__Output, _wca_v1_GetControllerStatusResponse>;
  
  ListComponents: grpc.handleUnaryCall<_wca_v1_ListComponentsRequest__Output, _wca_v1_ListComponentsResponse>;
  
  ListTasks: grpc.handleUnaryCall<_wca_v1_ListTasksRequest__Output, _wca_v1_ListTasksResponse>;
  
  WatchUsage: grpc.handleServerStreamingCall<_wca_v1_WatchUsageRequest__Output, _wca_v1_Usage>;
  
}

export interface ControllerDefinition extends grpc.ServiceDefinition {
  GetMetrics: MethodDefinition<_wca_v1_GetMetricsRequest, _wca_v1_GetMetricsResponse, _wca_v1_GetMetricsRequest__Output, _wca_v1_GetMetricsResponse__Output>
  GetStatus: MethodDefinition<_wca_v1_GetControllerStatusRequest, _wca_v1_GetControllerStatusResponse, _wca_v1_GetControllerStatusRequest__Output, _wca_v1_GetControllerStatusResponse__Output>
  ListComponents: MethodDefinition<_wca_v1_ListComponentsRequest, _wca_v1_ListComponentsResponse, _wca_v1_ListComponentsRequest__Output, _wca_v1_ListComponentsResponse__Output>
  ListTasks: MethodDefinition<_wca_v1_ListTasksRequest, _wca_v1_ListTasksResponse, _wca_v1_ListTasksRequest__Output, _wca_v1_ListTasksResponse__Output>
  WatchUsage: MethodDefinition<_wca_v1_WatchUsageRequest, _wca_v1_Usage, _wca_v1_WatchUsageRequest__Output, _wca_v1_Usage__Output>
}
