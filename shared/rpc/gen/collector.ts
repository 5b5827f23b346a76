import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AllocateRequest as _wca_v1_AllocateRequest, AllocateRequest__Output as _wca_v1_AllocateRequest__Output } from './wca/v1/AllocateRequest.ts';
import type { AllocateResponse as _wca_v1_AllocateResponse, AllocateResponse__Output as _wca_v1_AllocateResponse__Output } from './wca/v1/AllocateResponse.ts';
import type { AllocationRecord as _wca_v1_AllocationRecord, AllocationRecord__Output as _wca_v1_AllocationRecord__Output } from './wca/v1/AllocationRecord.ts';
import type { AllocationValue as _wca_v1_AllocationValue, AllocationValue__Output as _wca_v1_AllocationValue__Output } from './wca/v1/AllocationValue.ts';
import type { Allocations as _wca_v1_Allocations, Allocations__Output as _wca_v1_Allocations__Output } from './wca/v1/Allocations.ts';
import type { ApiVersion as _wca_v1_ApiVersion, ApiVersion__Output as _wca_v1_ApiVersion__Output } from './wca/v1/ApiVersion.ts';
import type { AuditRecord as _wca_v1_AuditRecord, AuditRecord__Output as _wca_v1_AuditRecord__Output } from './wca/v1/AuditRecord.ts';
import type { Capability as _wca_v1_Capability, Capability__Output as _wca_v1_Capability__Output } from './wca/v1/Capability.ts';
import type { Cgroup as _wca_v1_Cgroup, Cgroup__Output as _wca_v1_Cgroup__Output } from './wca/v1/Cgroup.ts';
import type { CgroupHierarchy as _wca_v1_CgroupHierarchy, CgroupHierarchy__Output as _wca_v1_CgroupHierarchy__Output } from './wca/v1/CgroupHierarchy.ts';
import type { CgroupLayout as _wca_v1_CgroupLayout, CgroupLayout__Output as _wca_v1_CgroupLayout__Output } from './wca/v1/CgroupLayout.ts';
import type { CollectorClient as _wca_v1_CollectorClient, CollectorDefinition as _wca_v1_CollectorDefinition } from './wca/v1/Collector.ts';
import type { Column as _wca_v1_Column, Column__Output as _wca_v1_Column__Output } from './wca/v1/Column.ts';
import type { ColumnValues as _wca_v1_ColumnValues, ColumnValues__Output as _wca_v1_ColumnValues__Output } from './wca/v1/ColumnValues.ts';
import type { Cpu as _wca_v1_Cpu, Cpu__Output as _wca_v1_Cpu__Output } from './wca/v1/Cpu.ts';
import type { CpuModel as _wca_v1_CpuModel, CpuModel__Output as _wca_v1_CpuModel__Output } from './wca/v1/CpuModel.ts';
import type { CpuQuota as _wca_v1_CpuQuota, CpuQuota__Output as _wca_v1_CpuQuota__Output } from './wca/v1/CpuQuota.ts';
import type { CpuShares as _wca_v1_CpuShares, CpuShares__Output as _wca_v1_CpuShares__Output } from './wca/v1/CpuShares.ts';
import type { CurrentAllocations as _wca_v1_CurrentAllocations, CurrentAllocations__Output as _wca_v1_CurrentAllocations__Output } from './wca/v1/CurrentAllocations.ts';
import type { CurrentValue as _wca_v1_CurrentValue, CurrentValue__Output as _wca_v1_CurrentValue__Output } from './wca/v1/CurrentValue.ts';
import type { Descriptors as _wca_v1_Descriptors, Descriptors__Output as _wca_v1_Descriptors__Output } from './wca/v1/Descriptors.ts';
import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from './wca/v1/Error.ts';
import type { ErrorCount as _wca_v1_ErrorCount, ErrorCount__Output as _wca_v1_ErrorCount__Output } from './wca/v1/ErrorCount.ts';
import type { GetPlatformRequest as _wca_v1_GetPlatformRequest, GetPlatformRequest__Output as _wca_v1_GetPlatformRequest__Output } from './wca/v1/GetPlatformRequest.ts';
import type { GetPlatformResponse as _wca_v1_GetPlatformResponse, GetPlatformResponse__Output as _wca_v1_GetPlatformResponse__Output } from './wca/v1/GetPlatformResponse.ts';
import type { GetStatusRequest as _wca_v1_GetStatusRequest, GetStatusRequest__Output as _wca_v1_GetStatusRequest__Output } from './wca/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _wca_v1_GetStatusResponse, GetStatusResponse__Output as _wca_v1_GetStatusResponse__Output } from './wca/v1/GetStatusResponse.ts';
import type { HoldRequest as _wca_v1_HoldRequest, HoldRequest__Output as _wca_v1_HoldRequest__Output } from './wca/v1/HoldRequest.ts';
import type { HoldResponse as _wca_v1_HoldResponse, HoldResponse__Output as _wca_v1_HoldResponse__Output } from './wca/v1/HoldResponse.ts';
import type { KernelWrite as _wca_v1_KernelWrite, KernelWrite__Output as _wca_v1_KernelWrite__Output } from './wca/v1/KernelWrite.ts';
import type { Lease as _wca_v1_Lease, Lease__Output as _wca_v1_Lease__Output } from './wca/v1/Lease.ts';
import type { Limits as _wca_v1_Limits, Limits__Output as _wca_v1_Limits__Output } from './wca/v1/Limits.ts';
import type { ListAllocationsRequest as _wca_v1_ListAllocationsRequest, ListAllocationsRequest__Output as _wca_v1_ListAllocationsRequest__Output } from './wca/v1/ListAllocationsRequest.ts';
import type { ListAllocationsResponse as _wca_v1_ListAllocationsResponse, ListAllocationsResponse__Output as _wca_v1_ListAllocationsResponse__Output } from './wca/v1/ListAllocationsResponse.ts';
import type { ListCgroupsRequest as _wca_v1_ListCgroupsRequest, ListCgroupsRequest__Output as _wca_v1_ListCgroupsRequest__Output } from './wca/v1/ListCgroupsRequest.ts';
import type { ListCgroupsResponse as _wca_v1_ListCgroupsResponse, ListCgroupsResponse__Output as _wca_v1_ListCgroupsResponse__Output } from './wca/v1/ListCgroupsResponse.ts';
import type { MemoryBound as _wca_v1_MemoryBound, MemoryBound__Output as _wca_v1_MemoryBound__Output } from './wca/v1/MemoryBound.ts';
import type { MemoryModulesSpec as _wca_v1_MemoryModulesSpec, MemoryModulesSpec__Output as _wca_v1_MemoryModulesSpec__Output } from './wca/v1/MemoryModulesSpec.ts';
import type { NumaDistance as _wca_v1_NumaDistance, NumaDistance__Output as _wca_v1_NumaDistance__Output } from './wca/v1/NumaDistance.ts';
import type { NumaNode as _wca_v1_NumaNode, NumaNode__Output as _wca_v1_NumaNode__Output } from './wca/v1/NumaNode.ts';
import type { PageMigration as _wca_v1_PageMigration, PageMigration__Output as _wca_v1_PageMigration__Output } from './wca/v1/PageMigration.ts';
import type { ProcessUsage as _wca_v1_ProcessUsage, ProcessUsage__Output as _wca_v1_ProcessUsage__Output } from './wca/v1/ProcessUsage.ts';
import type { RdtAllocation as _wca_v1_RdtAllocation, RdtAllocation__Output as _wca_v1_RdtAllocation__Output } from './wca/v1/RdtAllocation.ts';
import type { RdtBandwidth as _wca_v1_RdtBandwidth, RdtBandwidth__Output as _wca_v1_RdtBandwidth__Output } from './wca/v1/RdtBandwidth.ts';
import type { RdtCache as _wca_v1_RdtCache, RdtCache__Output as _wca_v1_RdtCache__Output } from './wca/v1/RdtCache.ts';
import type { RdtPlatform as _wca_v1_RdtPlatform, RdtPlatform__Output as _wca_v1_RdtPlatform__Output } from './wca/v1/RdtPlatform.ts';
import type { RdtSpec as _wca_v1_RdtSpec, RdtSpec__Output as _wca_v1_RdtSpec__Output } from './wca/v1/RdtSpec.ts';
import type { RenewLeaseRequest as _wca_v1_RenewLeaseRequest, RenewLeaseRequest__Output as _wca_v1_RenewLeaseRequest__Output } from './wca/v1/RenewLeaseRequest.ts';
import type { RenewLeaseResponse as _wca_v1_RenewLeaseResponse, RenewLeaseResponse__Output as _wca_v1_RenewLeaseResponse__Output } from './wca/v1/RenewLeaseResponse.ts';
import type { RestoreRequest as _wca_v1_RestoreRequest, RestoreRequest__Output as _wca_v1_RestoreRequest__Output } from './wca/v1/RestoreRequest.ts';
import type { RestoreResponse as _wca_v1_RestoreResponse, RestoreResponse__Output as _wca_v1_RestoreResponse__Output } from './wca/v1/RestoreResponse.ts';
import type { Roster as _wca_v1_Roster, Roster__Output as _wca_v1_Roster__Output } from './wca/v1/Roster.ts';
import type { Sampler as _wca_v1_Sampler, Sampler__Output as _wca_v1_Sampler__Output } from './wca/v1/Sampler.ts';
import type { Schema as _wca_v1_Schema, Schema__Output as _wca_v1_Schema__Output } from './wca/v1/Schema.ts';
import type { Snapshot as _wca_v1_Snapshot, Snapshot__Output as _wca_v1_Snapshot__Output } from './wca/v1/Snapshot.ts';
import type { Step as _wca_v1_Step, Step__Output as _wca_v1_Step__Output } from './wca/v1/Step.ts';
import type { Subscriber as _wca_v1_Subscriber, Subscriber__Output as _wca_v1_Subscriber__Output } from './wca/v1/Subscriber.ts';
import type { Target as _wca_v1_Target, Target__Output as _wca_v1_Target__Output } from './wca/v1/Target.ts';
import type { TargetAllocation as _wca_v1_TargetAllocation, TargetAllocation__Output as _wca_v1_TargetAllocation__Output } from './wca/v1/TargetAllocation.ts';
import type { TargetError as _wca_v1_TargetError, TargetError__Output as _wca_v1_TargetError__Output } from './wca/v1/TargetError.ts';
import type { TargetResult as _wca_v1_TargetResult, TargetResult__Output as _wca_v1_TargetResult__Output } from './wca/v1/TargetResult.ts';
import type { TargetUpdate as _wca_v1_TargetUpdate, TargetUpdate__Output as _wca_v1_TargetUpdate__Output } from './wca/v1/TargetUpdate.ts';
import type { UncoreGroup as _wca_v1_UncoreGroup, UncoreGroup__Output as _wca_v1_UncoreGroup__Output } from './wca/v1/UncoreGroup.ts';
import type { UncoreSpec as _wca_v1_UncoreSpec, UncoreSpec__Output as _wca_v1_UncoreSpec__Output } from './wca/v1/UncoreSpec.ts';
import type { ValueResult as _wca_v1_ValueResult, ValueResult__Output as _wca_v1_ValueResult__Output } from './wca/v1/ValueResult.ts';
import type { WatchAuditRequest as _wca_v1_WatchAuditRequest, WatchAuditRequest__Output as _wca_v1_WatchAuditRequest__Output } from './wca/v1/WatchAuditRequest.ts';
import type { WatchRequest as _wca_v1_WatchRequest, WatchRequest__Output as _wca_v1_WatchRequest__Output } from './wca/v1/WatchRequest.ts';
import type { WatchResponse as _wca_v1_WatchResponse, WatchResponse__Output as _wca_v1_WatchResponse__Output } from './wca/v1/WatchResponse.ts';
import type { WatchSpec as _wca_v1_WatchSpec, WatchSpec__Output as _wca_v1_WatchSpec__Output } from './wca/v1/WatchSpec.ts';
import type { WssSpec as _wca_v1_WssSpec, WssSpec__Output as _wca_v1_WssSpec__Output } from './wca/v1/WssSpec.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  wca: {
    v1: {
      AllocateRequest: MessageTypeDefinition<_wca_v1_AllocateRequest, _wca_v1_AllocateRequest__Output>
      AllocateResponse: MessageTypeDefinition<_wca_v1_AllocateResponse, _wca_v1_AllocateResponse__Output>
      AllocationRecord: MessageTypeDefinition<_wca_v1_AllocationRecord, _wca_v1_AllocationRecord__Output>
      AllocationValue: MessageTypeDefinition<_wca_v1_AllocationValue, _wca_v1_AllocationValue__Output>
      Allocations: MessageTypeDefinition<_wca_v1_Allocations, _wca_v1_Allocations__Output>
      ApiVersion: MessageTypeDefinition<_wca_v1_ApiVersion, _wca_v1_ApiVersion__Output>
      AuditRecord: MessageTypeDefinition<_wca_v1_AuditRecord, _wca_v1_AuditRecord__Output>
      Capability: MessageTypeDefinition<_wca_v1_Capability, _wca_v1_Capability__Output>
      Cgroup: MessageTypeDefinition<_wca_v1_Cgroup, _wca_v1_Cgroup__Output>
      CgroupHierarchy: MessageTypeDefinition<_wca_v1_CgroupHierarchy, _wca_v1_CgroupHierarchy__Output>
      CgroupLayout: MessageTypeDefinition<_wca_v1_CgroupLayout, _wca_v1_CgroupLayout__Output>
      Collector: SubtypeConstructor<typeof grpc.Client, _wca_v1_CollectorClient> & { service: _wca_v1_CollectorDefinition }
      Column: MessageTypeDefinition<_wca_v1_Column, _wca_v1_Column__Output>
      ColumnValues: MessageTypeDefinition<_wca_v1_ColumnValues, _wca_v1_ColumnValues__Output>
      Cpu: MessageTypeDefinition<_wca_v1_Cpu, _wca_v1_Cpu__Output>
      CpuModel: MessageTypeDefinition<_wca_v1_CpuModel, _wca_v1_CpuModel__Output>
      CpuQuota: MessageTypeDefinition<_wca_v1_CpuQuota, _wca_v1_CpuQuota__Output>
      CpuShares: MessageTypeDefinition<_wca_v1_CpuShares, _wca_v1_CpuShares__Output>
      CurrentAllocations: MessageTypeDefinition<_wca_v1_CurrentAllocations, _wca_v1_CurrentAllocations__Output>
      CurrentValue: MessageTypeDefinition<_wca_v1_CurrentValue, _wca_v1_CurrentValue__Output>
      Descriptors: MessageTypeDefinition<_wca_v1_Descriptors, _wca_v1_Descriptors__Output>
      Error: MessageTypeDefinition<_wca_v1_Error, _wca_v1_Error__Output>
      ErrorCount: MessageTypeDefinition<_wca_v1_ErrorCount, _wca_v1_ErrorCount__Output>
      GetPlatformRequest: MessageTypeDefinition<_wca_v1_GetPlatformRequest, _wca_v1_GetPlatformRequest__Output>
      GetPlatformResponse: MessageTypeDefinition<_wca_v1_GetPlatformResponse, _wca_v1_GetPlatformResponse__Output>
      GetStatusRequest: MessageTypeDefinition<_wca_v1_GetStatusRequest, _wca_v1_GetStatusRequest__Output>
      GetStatusResponse: MessageTypeDefinition<_wca_v1_GetStatusResponse, _wca_v1_GetStatusResponse__Output>
      HoldRequest: MessageTypeDefinition<_wca_v1_HoldRequest, _wca_v1_HoldRequest__Output>
      HoldResponse: MessageTypeDefinition<_wca_v1_HoldResponse, _wca_v1_HoldResponse__Output>
      KernelWrite: MessageTypeDefinition<_wca_v1_KernelWrite, _wca_v1_KernelWrite__Output>
      Lease: MessageTypeDefinition<_wca_v1_Lease, _wca_v1_Lease__Output>
      Limits: MessageTypeDefinition<_wca_v1_Limits, _wca_v1_Limits__Output>
      ListAllocationsRequest: MessageTypeDefinition<_wca_v1_ListAllocationsRequest, _wca_v1_ListAllocationsRequest__Output>
      ListAllocationsResponse: MessageTypeDefinition<_wca_v1_ListAllocationsResponse, _wca_v1_ListAllocationsResponse__Output>
      ListCgroupsRequest: MessageTypeDefinition<_wca_v1_ListCgroupsRequest, _wca_v1_ListCgroupsRequest__Output>
      ListCgroupsResponse: MessageTypeDefinition<_wca_v1_ListCgroupsResponse, _wca_v1_ListCgroupsResponse__Output>
      MemoryBound: MessageTypeDefinition<_wca_v1_MemoryBound, _wca_v1_MemoryBound__Output>
      MemoryModulesSpec: MessageTypeDefinition<_wca_v1_MemoryModulesSpec, _wca_v1_MemoryModulesSpec__Output>
      NumaDistance: MessageTypeDefinition<_wca_v1_NumaDistance, _wca_v1_NumaDistance__Output>
      NumaNode: MessageTypeDefinition<_wca_v1_NumaNode, _wca_v1_NumaNode__Output>
      Outcome: EnumTypeDefinition
      PageMigration: MessageTypeDefinition<_wca_v1_PageMigration, _wca_v1_PageMigration__Output>
      ProcessUsage: MessageTypeDefinition<_wca_v1_ProcessUsage, _wca_v1_ProcessUsage__Output>
      RdtAllocation: MessageTypeDefinition<_wca_v1_RdtAllocation, _wca_v1_RdtAllocation__Output>
      RdtBandwidth: MessageTypeDefinition<_wca_v1_RdtBandwidth, _wca_v1_RdtBandwidth__Output>
      RdtCache: MessageTypeDefinition<_wca_v1_RdtCache, _wca_v1_RdtCache__Output>
      RdtPlatform: MessageTypeDefinition<_wca_v1_RdtPlatform, _wca_v1_RdtPlatform__Output>
      RdtSpec: MessageTypeDefinition<_wca_v1_RdtSpec, _wca_v1_RdtSpec__Output>
      RenewLeaseRequest: MessageTypeDefinition<_wca_v1_RenewLeaseRequest, _wca_v1_RenewLeaseRequest__Output>
      RenewLeaseResponse: MessageTypeDefinition<_wca_v1_RenewLeaseResponse, _wca_v1_RenewLeaseResponse__Output>
      RestoreRequest: MessageTypeDefinition<_wca_v1_RestoreRequest, _wca_v1_RestoreRequest__Output>
      RestoreResponse: MessageTypeDefinition<_wca_v1_RestoreResponse, _wca_v1_RestoreResponse__Output>
      Roster: MessageTypeDefinition<_wca_v1_Roster, _wca_v1_Roster__Output>
      Sampler: MessageTypeDefinition<_wca_v1_Sampler, _wca_v1_Sampler__Output>
      Schema: MessageTypeDefinition<_wca_v1_Schema, _wca_v1_Schema__Output>
      Snapshot: MessageTypeDefinition<_wca_v1_Snapshot, _wca_v1_Snapshot__Output>
      Step: MessageTypeDefinition<_wca_v1_Step, _wca_v1_Step__Output>
      Subscriber: MessageTypeDefinition<_wca_v1_Subscriber, _wca_v1_Subscriber__Output>
      Target: MessageTypeDefinition<_wca_v1_Target, _wca_v1_Target__Output>
      TargetAllocation: MessageTypeDefinition<_wca_v1_TargetAllocation, _wca_v1_TargetAllocation__Output>
      TargetError: MessageTypeDefinition<_wca_v1_TargetError, _wca_v1_TargetError__Output>
      TargetResult: MessageTypeDefinition<_wca_v1_TargetResult, _wca_v1_TargetResult__Output>
      TargetState: EnumTypeDefinition
      TargetUpdate: MessageTypeDefinition<_wca_v1_TargetUpdate, _wca_v1_TargetUpdate__Output>
      UncoreGroup: MessageTypeDefinition<_wca_v1_UncoreGroup, _wca_v1_UncoreGroup__Output>
      UncoreSpec: MessageTypeDefinition<_wca_v1_UncoreSpec, _wca_v1_UncoreSpec__Output>
      ValueKind: EnumTypeDefinition
      ValueResult: MessageTypeDefinition<_wca_v1_ValueResult, _wca_v1_ValueResult__Output>
      WatchAuditRequest: MessageTypeDefinition<_wca_v1_WatchAuditRequest, _wca_v1_WatchAuditRequest__Output>
      WatchRequest: MessageTypeDefinition<_wca_v1_WatchRequest, _wca_v1_WatchRequest__Output>
      WatchResponse: MessageTypeDefinition<_wca_v1_WatchResponse, _wca_v1_WatchResponse__Output>
      WatchSpec: MessageTypeDefinition<_wca_v1_WatchSpec, _wca_v1_WatchSpec__Output>
      WssSpec: MessageTypeDefinition<_wca_v1_WssSpec, _wca_v1_WssSpec__Output>
    }
  }
}

