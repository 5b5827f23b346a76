// Original file: proto/wca/v1/collector.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AllocateRequest as _wca_v1_AllocateRequest, AllocateRequest__Output as _wca_v1_AllocateRequest__Output } from '../../wca/v1/AllocateRequest.ts';
import type { AllocateResponse as _wca_v1_AllocateResponse, AllocateResponse__Output as _wca_v1_AllocateResponse__Output } from '../../wca/v1/AllocateResponse.ts';
import type { AuditRecord as _wca_v1_AuditRecord, AuditRecord__Output as _wca_v1_AuditRecord__Output } from '../../wca/v1/AuditRecord.ts';
import type { GetPlatformRequest as _wca_v1_GetPlatformRequest, GetPlatformRequest__Output as _wca_v1_GetPlatformRequest__Output } from '../../wca/v1/GetPlatformRequest.ts';
import type { GetPlatformResponse as _wca_v1_GetPlatformResponse, GetPlatformResponse__Output as _wca_v1_GetPlatformResponse__Output } from '../../wca/v1/GetPlatformResponse.ts';
import type { GetStatusRequest as _wca_v1_GetStatusRequest, GetStatusRequest__Output as _wca_v1_GetStatusRequest__Output } from '../../wca/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _wca_v1_GetStatusResponse, GetStatusResponse__Output as _wca_v1_GetStatusResponse__Output } from '../../wca/v1/GetStatusResponse.ts';
import type { HoldRequest as _wca_v1_HoldRequest, HoldRequest__Output as _wca_v1_HoldRequest__Output } from '../../wca/v1/HoldRequest.ts';
import type { HoldResponse as _wca_v1_HoldResponse, HoldResponse__Output as _wca_v1_HoldResponse__Output } from '../../wca/v1/HoldResponse.ts';
import type { ListAllocationsRequest as _wca_v1_ListAllocationsRequest, ListAllocationsRequest__Output as _wca_v1_ListAllocationsRequest__Output } from '../../wca/v1/ListAllocationsRequest.ts';
import type { ListAllocationsResponse as _wca_v1_ListAllocationsResponse, ListAllocationsResponse__Output as _wca_v1_ListAllocationsResponse__Output } from '../../wca/v1/ListAllocationsResponse.ts';
import type { ListCgroupsRequest as _wca_v1_ListCgroupsRequest, ListCgroupsRequest__Output as _wca_v1_ListCgroupsRequest__Output } from '../../wca/v1/ListCgroupsRequest.ts';
import type { ListCgroupsResponse as _wca_v1_ListCgroupsResponse, ListCgroupsResponse__Output as _wca_v1_ListCgroupsResponse__Output } from '../../wca/v1/ListCgroupsResponse.ts';
import type { RenewLeaseRequest as _wca_v1_RenewLeaseRequest, RenewLeaseRequest__Output as _wca_v1_RenewLeaseRequest__Output } from '../../wca/v1/RenewLeaseRequest.ts';
import type { RenewLeaseResponse as _wca_v1_RenewLeaseResponse, RenewLeaseResponse__Output as _wca_v1_RenewLeaseResponse__Output } from '../../wca/v1/RenewLeaseResponse.ts';
import type { RestoreRequest as _wca_v1_RestoreRequest, RestoreRequest__Output as _wca_v1_RestoreRequest__Output } from '../../wca/v1/RestoreRequest.ts';
import type { RestoreResponse as _wca_v1_RestoreResponse, RestoreResponse__Output as _wca_v1_RestoreResponse__Output } from '../../wca/v1/RestoreResponse.ts';
import type { WatchAuditRequest as _wca_v1_WatchAuditRequest, WatchAuditRequest__Output as _wca_v1_WatchAuditRequest__Output } from '../../wca/v1/WatchAuditRequest.ts';
import type { WatchRequest as _wca_v1_WatchRequest, WatchRequest__Output as _wca_v1_WatchRequest__Output } from '../../wca/v1/WatchRequest.ts';
import type { WatchResponse as _wca_v1_WatchResponse, WatchResponse__Output as _wca_v1_WatchResponse__Output } from '../../wca/v1/WatchResponse.ts';

export interface CollectorClient extends grpc.Client {
  Allocate(argument: _wca_v1_AllocateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_AllocateResponse__Output>): grpc.ClientUnaryCall;
  Allocate(argument: _wca_v1_AllocateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_AllocateResponse__Output>): grpc.ClientUnaryCall;
  Allocate(argument: _wca_v1_AllocateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_AllocateResponse__Output>): grpc.ClientUnaryCall;
  Allocate(argument: _wca_v1_AllocateRequest, callback: grpc.requestCallback<_wca_v1_AllocateResponse__Output>): grpc.ClientUnaryCall;
  allocate(argument: _wca_v1_AllocateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_AllocateResponse__Output>): grpc.ClientUnaryCall;
  allocate(argument: _wca_v1_AllocateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_AllocateResponse__Output>): grpc.ClientUnaryCall;
  allocate(argument: _wca_v1_AllocateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_AllocateResponse__Output>): grpc.ClientUnaryCall;
  allocate(argument: _wca_v1_AllocateRequest, callback: grpc.requestCallback<_wca_v1_AllocateResponse__Output>): grpc.ClientUnaryCall;
  
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
  
  Hold(argument: _wca_v1_HoldRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_HoldResponse__Output>): grpc.ClientUnaryCall;
  Hold(argument: _wca_v1_HoldRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_HoldResponse__Output>): grpc.ClientUnaryCall;
  Hold(argument: _wca_v1_HoldRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_HoldResponse__Output>): grpc.ClientUnaryCall;
  Hold(argument: _wca_v1_HoldRequest, callback: grpc.requestCallback<_wca_v1_HoldResponse__Output>): grpc.ClientUnaryCall;
  hold(argument: _wca_v1_HoldRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_HoldResponse__Output>): grpc.ClientUnaryCall;
  hold(argument: _wca_v1_HoldRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_HoldResponse__Output>): grpc.ClientUnaryCall;
  hold(argument: _wca_v1_HoldRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_HoldResponse__Output>): grpc.ClientUnaryCall;
  hold(argument: _wca_v1_HoldRequest, callback: grpc.requestCallback<_wca_v1_HoldResponse__Output>): grpc.ClientUnaryCall;
  
  ListAllocations(argument: _wca_v1_ListAllocationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListAllocationsResponse__Output>): grpc.ClientUnaryCall;
  ListAllocations(argument: _wca_v1_ListAllocationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_ListAllocationsResponse__Output>): grpc.ClientUnaryCall;
  ListAllocations(argument: _wca_v1_ListAllocationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListAllocationsResponse__Output>): grpc.ClientUnaryCall;
  ListAllocations(argument: _wca_v1_ListAllocationsRequest, callback: grpc.requestCallback<_wca_v1_ListAllocationsResponse__Output>): grpc.ClientUnaryCall;
  listAllocations(argument: _wca_v1_ListAllocationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListAllocationsResponse__Output>): grpc.ClientUnaryCall;
  listAllocations(argument: _wca_v1_ListAllocationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_ListAllocationsResponse__Output>): grpc.ClientUnaryCall;
  listAllocations(argument: _wca_v1_ListAllocationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListAllocationsResponse__Output>): grpc.ClientUnaryCall;
  listAllocations(argument: _wca_v1_ListAllocationsRequest, callback: grpc.requestCallback<_wca_v1_ListAllocationsResponse__Output>): grpc.ClientUnaryCall;
  
  ListCgroups(argument: _wca_v1_ListCgroupsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  ListCgroups(argument: _wca_v1_ListCgroupsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  ListCgroups(argument: _wca_v1_ListCgroupsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  ListCgroups(argument: _wca_v1_ListCgroupsRequest, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  listCgroups(argument: _wca_v1_ListCgroupsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  listCgroups(argument: _wca_v1_ListCgroupsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  listCgroups(argument: _wca_v1_ListCgroupsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  listCgroups(argument: _wca_v1_ListCgroupsRequest, callback: grpc.requestCallback<_wca_v1_ListCgroupsResponse__Output>): grpc.ClientUnaryCall;
  
  RenewLease(argument: _wca_v1_RenewLeaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_RenewLeaseResponse__Output>): grpc.ClientUnaryCall;
  RenewLease(argument: _wca_v1_RenewLeaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_RenewLeaseResponse__Output>): grpc.ClientUnaryCall;
  RenewLease(argument: _wca_v1_RenewLeaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_RenewLeaseResponse__Output>): grpc.ClientUnaryCall;
  RenewLease(argument: _wca_v1_RenewLeaseRequest, callback: grpc.requestCallback<_wca_v1_RenewLeaseResponse__Output>): grpc.ClientUnaryCall;
  renewLease(argument: _wca_v1_RenewLeaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_RenewLeaseResponse__Output>): grpc.ClientUnaryCall;
  renewLease(argument: _wca_v1_RenewLeaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_RenewLeaseResponse__Output>): grpc.ClientUnaryCall;
  renewLease(argument: _wca_v1_RenewLeaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_RenewLeaseResponse__Output>): grpc.ClientUnaryCall;
  renewLease(argument: _wca_v1_RenewLeaseRequest, callback: grpc.requestCallback<_wca_v1_RenewLeaseResponse__Output>): grpc.ClientUnaryCall;
  
  Restore(argument: _wca_v1_RestoreRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_RestoreResponse__Output>): grpc.ClientUnaryCall;
  Restore(argument: _wca_v1_RestoreRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_RestoreResponse__Output>): grpc.ClientUnaryCall;
  Restore(argument: _wca_v1_RestoreRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_RestoreResponse__Output>): grpc.ClientUnaryCall;
  Restore(argument: _wca_v1_RestoreRequest, callback: grpc.requestCallback<_wca_v1_RestoreResponse__Output>): grpc.ClientUnaryCall;
  restore(argument: _wca_v1_RestoreRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_RestoreResponse__Output>): grpc.ClientUnaryCall;
  restore(argument: _wca_v1_RestoreRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_wca_v1_RestoreResponse__Output>): grpc.ClientUnaryCall;
  restore(argument: _wca_v1_RestoreRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_wca_v1_RestoreResponse__Output>): grpc.ClientUnaryCall;
  restore(argument: _wca_v1_RestoreRequest, callback: grpc.requestCallback<_wca_v1_RestoreResponse__Output>): grpc.ClientUnaryCall;
  
  Watch(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_wca_v1_WatchRequest, _wca_v1_WatchResponse__Output>;
  Watch(options?: grpc.CallOptions): grpc.ClientDuplexStream<_wca_v1_WatchRequest, _wca_v1_WatchResponse__Output>;
  watch(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_wca_v1_WatchRequest, _wca_v1_WatchResponse__Output>;
  watch(options?: grpc.CallOptions): grpc.ClientDuplexStream<_wca_v1_WatchRequest, _wca_v1_WatchResponse__Output>;
  
  WatchAudit(argument: _wca_v1_WatchAuditRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_wca_v1_AuditRecord__Output>;
  WatchAudit(argument: _wca_v1_WatchAuditRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_wca_v1_AuditRecord__Output>;
  watchAudit(argument: _wca_v1_WatchAuditRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_wca_v1_AuditRecord__Output>;
  watchAudit(argument: _wca_v1_WatchAuditRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_wca_v1_AuditRecord__Output>;
  
}

export interface CollectorHandlers extends grpc.UntypedServiceImplementation {
  Allocate: grpc.handleUnaryCall<_wca_v1_AllocateRequest__Output, _wca_v1_AllocateResponse>;
  
  GetPlatform: grpc.handleUnaryCall<_wca_v1_GetPlatformRequest__Output, _wca_v1_GetPlatformResponse>;
  
  GetStatus: grpc.handleUnaryCall<_wca_v1_GetStatusRequest__Output, _wca_v1_GetStatusResponse>;
  
  Hold: grpc.handleUnaryCall<_wca_v1_HoldRequest__Output, _wca_v1_HoldResponse>;
  
  ListAllocations: grpc.handleUnaryCall<_wca_v1_ListAllocationsRequest__Output, _wca_v1_ListAllocationsResponse>;
  
  ListCgroups: grpc.handleUnaryCall<_wca_v1_ListCgroupsRequest__Output, _wca_v1_ListCgroupsResponse>;
  
  RenewLease: grpc.handleUnaryCall<_wca_v1_RenewLeaseRequest__Output, _wca_v1_RenewLeaseResponse>;
  
  Restore: grpc.handleUnaryCall<_wca_v1_RestoreRequest__Output, _wca_v1_RestoreResponse>;
  
  Watch: grpc.handleBidiStreamingCall<_wca_v1_WatchRequest__Output, _wca_v1_WatchResponse>;
  
  WatchAudit: grpc.handleServerStreamingCall<_wca_v1_WatchAuditRequest__Output, _wca_v1_AuditRecord>;
  
}

export interface CollectorDefinition extends grpc.ServiceDefinition {
  Allocate: MethodDefinition<_wca_v1_AllocateRequest, _wca_v1_AllocateResponse, _wca_v1_AllocateRequest__Output, _wca_v1_AllocateResponse__Output>
  GetPlatform: MethodDefinition<_wca_v1_GetPlatformRequest, _wca_v1_GetPlatformResponse, _wca_v1_GetPlatformRequest__Output, _wca_v1_GetPlatformResponse__Output>
  GetStatus: MethodDefinition<_wca_v1_GetStatusRequest, _wca_v1_GetStatusResponse, _wca_v1_GetStatusRequest__Output, _wca_v1_GetStatusResponse__Output>
  Hold: MethodDefinition<_wca_v1_HoldRequest, _wca_v1_HoldResponse, _wca_v1_HoldRequest__Output, _wca_v1_HoldResponse__Output>
  ListAllocations: MethodDefinition<_wca_v1_ListAllocationsRequest, _wca_v1_ListAllocationsResponse, _wca_v1_ListAllocationsRequest__Output, _wca_v1_ListAllocationsResponse__Output>
  ListCgroups: MethodDefinition<_wca_v1_ListCgroupsRequest, _wca_v1_ListCgroupsResponse, _wca_v1_ListCgroupsRequest__Output, _wca_v1_ListCgroupsResponse__Output>
  RenewLease: MethodDefinition<_wca_v1_RenewLeaseRequest, _wca_v1_RenewLeaseResponse, _wca_v1_RenewLeaseRequest__Output, _wca_v1_RenewLeaseResponse__Output>
  Restore: MethodDefinition<_wca_v1_RestoreRequest, _wca_v1_RestoreResponse, _wca_v1_RestoreRequest__Output, _wca_v1_RestoreResponse__Output>
  Watch: MethodDefinition<_wca_v1_WatchRequest, _wca_v1_WatchResponse, _wca_v1_WatchRequest__Output, _wca_v1_WatchResponse__Output>
  WatchAudit: MethodDefinition<_wca_v1_WatchAuditRequest, _wca_v1_AuditRecord, _wca_v1_WatchAuditRequest__Output, _wca_v1_AuditRecord__Output>
}
