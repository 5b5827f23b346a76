// Original file: proto/wca/v1/collector.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetPlatformRequest as _wca_v1_GetPlatformRequest, GetPlatformRequest__Output as _wca_v1_GetPlatformRequest__Output } from '../../wca/v1/GetPlatformRequest.ts';
import type { GetPlatformResponse as _wca_v1_GetPlatformResponse, GetPlatformResponse__Output as _wca_v1_GetPlatformResponse__Output } from '../../wca/v1/GetPlatformResponse.ts';
import type { GetStatusRequest as _wca_v1_GetStatusRequest, GetStatusRequest__Output as _wca_v1_GetStatusRequest__Output } from '../../wca/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _wca_v1_GetStatusResponse, GetStatusResponse__Output as _wca_v1_GetStatusResponse__Output } from '../../wca/v1/GetStatusResponse.ts';
import type { ListCgroupsRequest as _wca_v1_ListCgroupsRequest, ListCgroupsRequest__Output as _wca_v1_ListCgroupsRequest__Output } from '../../wca/v1/ListCgroupsRequest.ts';
import type { ListCgroupsResponse as _wca_v1_ListCgroupsResponse, ListCgroupsResponse__Output as _wca_v1_ListCgroupsResponse__Output } from '../../wca/v1/ListCgroupsResponse.ts';
import type { WatchRequest as _wca_v1_WatchRequest, WatchRequest__Output as _wca_v1_WatchRequest__Output } from '../../wca/v1/WatchRequest.ts';
import type { WatchResponse as _wca_v1_WatchResponse, WatchResponse__Output as _wca_v1_WatchResponse__Output } from '../../wca/v1/WatchResponse.ts';

export interface CollectorClient extends grpc.Client {
  GetPlatform(argument: _wca_v1_GetPlatformRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetPlatformResponse__Output>): grpc.ClientUnaryCall;
  GetPlatform(argument: _wca_v1_GetPlatformRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_GetPlatformResponse__Output>): grpc.ClientUnaryCall;
  GetPlatform(argument: _wca_v1_GetPlatformRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetPlatformResponse__Output>): grpc.ClientUnaryCall;
  GetPlatform(argument: _wca_v1_GetPlatformRequest, callback: grpc.requestCallback<_wca_v1_GetPlatformResponse__Output>): grpc.ClientUnaryCall;
  getPlatform(argument: _wca_v1_GetPlatformRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetPlatformResponse__Output>): grpc.ClientUnaryCall;
  getPlatform(argument: _wca_v1_GetPlatformRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_GetPlatformResponse__Output>): grpc.ClientUnaryCall;
  getPlatform(argument: _wca_v1_GetPlatformRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetPlatformResponse__Output>): grpc.ClientUnaryCall;
  getPlatform(argument: _wca_v1_GetPlatformRequest, callback: grpc.requestCallback<_wca_v1_GetPlatformResponse__Output>): grpc.ClientUnaryCall;
  
  GetStatus(argument: _wca_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _wca_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _wca_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _wca_v1_GetStatusRequest, callback: grpc.requestCallback<_wca_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _wca_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _wca_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _wca_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _wca_v1_GetStatusRequest, callback: grpc.requestCallback<_wca_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  
  ListCgroups(argument: _wca_v1_ListCgroupsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  ListCgroups(argument: _wca_v1_ListCgroupsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  ListCgroups(argument: _wca_v1_ListCgroupsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  ListCgroups(argument: _wca_v1_ListCgroupsRequest, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  listCgroups(argument: _wca_v1_ListCgroupsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  listCgroups(argument: _wca_v1_ListCgroupsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  listCgroups(argument: _wca_v1_ListCgroupsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  listCgroups(argument: _wca_v1_ListCgroupsRequest, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  
  Watch(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_wca_v1_WatchRequest, _wca_v1_WatchResponse__Output>;
  Watch(options?: grpc.CallOptions): grpc.ClientDuplexStream<_wca_v1_WatchRequest, _wca_v1_WatchResponse__Output>;
  watch(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_wca_v1_WatchRequest, _wca_v1_WatchResponse__Output>;
  watch(options?: grpc.CallOptions): grpc.ClientDuplexStream<_wca_v1_WatchRequest, _wca_v1_WatchResponse__Output>;
  
}

export interface CollectorHandlers extends grpc.UntypedServiceImplementation {
  GetPlatform: grpc.handleUnaryCall<_wca_v1_GetPlatformRequest__Output, _wca_v1_GetPlatformResponse>;
  
  GetStatus: grpc.handleUnaryCall<_wca_v1_GetStatusRequest__Output, _wca_v1_GetStatusResponse>;
  
  ListCgroups: grpc.handleUnaryCall<_wca_v1_ListCgroupsRequest__Output, _wca_v1_ListCgroupsResponse>;
  
  Watch: grpc.handleBidiStreamingCall<_wca_v1_WatchRequest__Output, _wca_v1_WatchResponse>;
  
}

export interface CollectorDefinition extends grpc.ServiceDefinition {
  GetPlatform: MethodDefinition<_wca_v1_GetPlatformRequest, _wca_v1_GetPlatformResponse, _wca_v1_GetPlatformRequest__Output, _wca_v1_GetPlatformResponse__Output>
  GetStatus: MethodDefinition<_wca_v1_GetStatusRequest, _wca_v1_GetStatusResponse, _wca_v1_GetStatusRequest__Output, _wca_v1_GetStatusResponse__Output>
  ListCgroups: MethodDefinition<_wca_v1_ListCgroupsRequest, _wca_v1_ListCgroupsResponse, _wca_v1_ListCgroupsRequest__Output, _wca_v1_ListCgroupsResponse__Output>
  Watch: MethodDefinition<_wca_v1_WatchRequest, _wca_v1_WatchResponse, _wca_v1_WatchRequest__Output, _wca_v1_WatchResponse__Output>
}
