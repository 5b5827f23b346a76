import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { ApiVersion as _wca_v1_ApiVersion, ApiVersion__Output as _wca_v1_ApiVersion__Output } from './wca/v1/ApiVersion.ts';
import type { Capability as _wca_v1_Capability, Capability__Output as _wca_v1_Capability__Output } from './wca/v1/Capability.ts';
import type { Cgroup as _wca_v1_Cgroup, Cgroup__Output as _wca_v1_Cgroup__Output } from './wca/v1/Cgroup.ts';
import type { CgroupHierarchy as _wca_v1_CgroupHierarchy, CgroupHierarchy__Output as _wca_v1_CgroupHierarchy__Output } from './wca/v1/CgroupHierarchy.ts';
import type { CgroupLayout as _wca_v1_CgroupLayout, CgroupLayout__Output as _wca_v1_CgroupLayout__Output } from './wca/v1/CgroupLayout.ts';
import type { CollectorClient as _wca_v1_CollectorClient, CollectorDefinition as _wca_v1_CollectorDefinition } from './wca/v1/Collector.ts';
import type { Column as _wca_v1_Column, Column__Output as _wca_v1_Column__Output } from './wca/v1/Column.ts';
import type { ColumnValues as _wca_v1_ColumnValues, ColumnValues__Output as _wca_v1_ColumnValues__Output } from './wca/v1/ColumnValues.ts';
import type { Cpu as _wca_v1_Cpu, Cpu__Output as _wca_v1_Cpu__Output } from './wca/v1/Cpu.ts';
import type { CpuModel as _wca_v1_CpuModel, CpuModel__Output as _wca_v1_CpuModel__Output } from './wca/v1/CpuModel.ts';
import type { Descriptors as _wca_v1_Descriptors, Descriptors__Output as _wca_v1_Descriptors__Output } from './wca/v1/Descriptors.ts';
import type { Error as _wca_v1_Error, Error__Output as _wca_v1_Error__Output } from './wca/v1/Error.ts';
import type { ErrorCount as _wca_v1_ErrorCount, ErrorCount__Output as _wca_v1_ErrorCount__Output } from './wca/v1/ErrorCount.ts';
import type { GetPlatformRequest as _wca_v1_GetPlatformRequest, GetPlatformRequest__Output as _wca_v1_GetPlatformRequest__Output } from './wca/v1/GetPlatformRequest.ts';
import type { GetPlatformResponse as _wca_v1_GetPlatformResponse, GetPlatformResponse__Output as _wca_v1_GetPlatformResponse__Output } from './wca/v1/GetPlatformResponse.ts';
import type { GetStatusRequest as _wca_v1_GetStatusRequest, GetStatusRequest__Output as _wca_v1_GetStatusRequest__Output } from './wca/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _wca_v1_GetStatusResponse, GetStatusResponse__Output as _wca_v1_GetStatusResponse__Output } from './wca/v1/GetStatusResponse.ts';
import type { Limits as _wca_v1_Limits, Limits__Output as _wca_v1_Limits__Output } from './wca/v1/Limits.ts';
import type { ListCgroupsRequest as _wca_v1_ListCgroupsRequest, ListCgroupsRequest__Output as _wca_v1_ListCgroupsRequest__Output } from './wca/v1/ListCgroupsRequest.ts';
import type { ListCgroupsResponse as _wca_v1_ListCgroupsResponse, ListCgroupsResponse__Output as _wca_v1_ListCgroupsResponse__Output } from './wca/v1/ListCgroupsResponse.ts';
import type { MemoryModulesSpec as _wca_v1_MemoryModulesSpec, MemoryModulesSpec__Output as _wca_v1_MemoryModulesSpec__Output } from './wca/v1/MemoryModulesSpec.ts';
import type { NumaDistance as _wca_v1_NumaDistance, NumaDistance__Output as _wca_v1_NumaDistance__Output } from './wca/v1/NumaDistance.ts';
import type { NumaNode as _wca_v1_NumaNode, NumaNode__Output as _wca_v1_NumaNode__Output } from './wca/v1/NumaNode.ts';
import type { ProcessUsage as _wca_v1_ProcessUsage, ProcessUsage__Output as _wca_v1_ProcessUsage__Output } from './wca/v1/ProcessUsage.ts';
import type { RdtSpec as _wca_v1_RdtSpec, RdtSpec__Output as _wca_v1_RdtSpec__Output } from './wca/v1/RdtSpec.ts';
import type { Roster as _wca_v1_Roster, Roster__Output as _wca_v1_Roster__Output } from './wca/v1/Roster.ts';
import type { Sampler as _wca_v1_Sampler, Sampler__Output as _wca_v1_Sampler__Output } from './wca/v1/Sampler.ts';
import type { Schema as _wca_v1_Schema, Schema__Output as _wca_v1_Schema__Output } from './wca/v1/Schema.ts';
import type { Snapshot as _wca_v1_Snapshot, Snapshot__Output as _wca_v1_Snapshot__Output } from './wca/v1/Snapshot.ts';
import type { Step as _wca_v1_Step, Step__Output as _wca_v1_Step__Output } from './wca/v1/Step.ts';
import type { Subscriber as _wca_v1_Subscriber, Subscriber__Output as _wca_v1_Subscriber__Output } from './wca/v1/Subscriber.ts';
import type { Target as _wca_v1_Target, Target__Output as _wca_v1_Target__Output } from './wca/v1/Target.ts';
import type { TargetError as _wca_v1_TargetError, TargetError__Output as _wca_v1_TargetError__Output } from './wca/v1/TargetError.ts';
import type { TargetUpdate as _wca_v1_TargetUpdate, TargetUpdate__Output as _wca_v1_TargetUpdate__Output } from './wca/v1/TargetUpdate.ts';
import type { UncoreGroup as _wca_v1_UncoreGroup, UncoreGroup__Output as _wca_v1_UncoreGroup__Output } from './wca/v1/UncoreGroup.ts';
import type { UncoreSpec as _wca_v1_UncoreSpec, UncoreSpec__Output as _wca_v1_UncoreSpec__Output } from './wca/v1/UncoreSpec.ts';
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
      ApiVersion: MessageTypeDefinition<_wca_v1_ApiVersion, _wca_v1_ApiVersion__Output>
      Capability: MessageTypeDefinition<_wca_v1_Capability, _wca_v1_Capability__Output>
      Cgroup: MessageTypeDefinition<_wca_v1_Cgroup, _wca_v1_Cgroup__Output>
      CgroupHierarchy: MessageTypeDefinition<_wca_v1_CgroupHierarchy, _wca_v1_CgroupHierarchy__Output>
      CgroupLayout: MessageTypeDefinition<_wca_v1_CgroupLayout, _wca_v1_CgroupLayout__Output>
      Collector: SubtypeConstructor<typeof grpc.Client, _wca_v1_CollectorClient> & { service: _wca_v1_CollectorDefinition }
      Column: MessageTypeDefinition<_wca_v1_Column, _wca_v1_Column__Output>
      ColumnValues: MessageTypeDefinition<_wca_v1_ColumnValues, _wca_v1_ColumnValues__Output>
      Cpu: MessageTypeDefinition<_wca_v1_Cpu, _wca_v1_Cpu__Output>
      CpuModel: MessageTypeDefinition<_wca_v1_CpuModel, _wca_v1_CpuModel__Output>
      Descriptors: MessageTypeDefinition<_wca_v1_Descriptors, _wca_v1_Descriptors__Output>
      Error: MessageTypeDefinition<_wca_v1_Error, _wca_v1_Error__Output>
      ErrorCount: MessageTypeDefinition<_wca_v1_ErrorCount, _wca_v1_ErrorCount__Output>
      GetPlatformRequest: MessageTypeDefinition<_wca_v1_GetPlatformRequest, _wca_v1_GetPlatformRequest__Output>
      GetPlatformResponse: MessageTypeDefinition<_wca_v1_GetPlatformResponse, _wca_v1_GetPlatformResponse__Output>
      GetStatusRequest: MessageTypeDefinition<_wca_v1_GetStatusRequest, _wca_v1_GetStatusRequest__Output>
      GetStatusResponse: MessageTypeDefinition<_wca_v1_GetStatusResponse, _wca_v1_GetStatusResponse__Output>
      Limits: MessageTypeDefinition<_wca_v1_Limits, _wca_v1_Limits__Output>
      ListCgroupsRequest: MessageTypeDefinition<_wca_v1_ListCgroupsRequest, _wca_v1_ListCgroupsRequest__Output>
      ListCgroupsResponse: MessageTypeDefinition<_wca_v1_ListCgroupsResponse, _wca_v1_ListCgroupsResponse__Output>
      MemoryModulesSpec: MessageTypeDefinition<_wca_v1_MemoryModulesSpec, _wca_v1_MemoryModulesSpec__Output>
      NumaDistance: MessageTypeDefinition<_wca_v1_NumaDistance, _wca_v1_NumaDistance__Output>
      NumaNode: MessageTypeDefinition<_wca_v1_NumaNode, _wca_v1_NumaNode__Output>
      ProcessUsage: MessageTypeDefinition<_wca_v1_ProcessUsage, _wca_v1_ProcessUsage__Output>
      RdtSpec: MessageTypeDefinition<_wca_v1_RdtSpec, _wca_v1_RdtSpec__Output>
      Roster: MessageTypeDefinition<_wca_v1_Roster, _wca_v1_Roster__Output>
      Sampler: MessageTypeDefinition<_wca_v1_Sampler, _wca_v1_Sampler__Output>
      Schema: MessageTypeDefinition<_wca_v1_Schema, _wca_v1_Schema__Output>
      Snapshot: MessageTypeDefinition<_wca_v1_Snapshot, _wca_v1_Snapshot__Output>
      Step: MessageTypeDefinition<_wca_v1_Step, _wca_v1_Step__Output>
      Subscriber: MessageTypeDefinition<_wca_v1_Subscriber, _wca_v1_Subscriber__Output>
      Target: MessageTypeDefinition<_wca_v1_Target, _wca_v1_Target__Output>
      TargetError: MessageTypeDefinition<_wca_v1_TargetError, _wca_v1_TargetError__Output>
      TargetState: EnumTypeDefinition
      TargetUpdate: MessageTypeDefinition<_wca_v1_TargetUpdate, _wca_v1_TargetUpdate__Output>
      UncoreGroup: MessageTypeDefinition<_wca_v1_UncoreGroup, _wca_v1_UncoreGroup__Output>
      UncoreSpec: MessageTypeDefinition<_wca_v1_UncoreSpec, _wca_v1_UncoreSpec__Output>
      ValueKind: EnumTypeDefinition
      WatchRequest: MessageTypeDefinition<_wca_v1_WatchRequest, _wca_v1_WatchRequest__Output>
      WatchResponse: MessageTypeDefinition<_wca_v1_WatchResponse, _wca_v1_WatchResponse__Output>
      WatchSpec: MessageTypeDefinition<_wca_v1_WatchSpec, _wca_v1_WatchSpec__Output>
      WssSpec: MessageTypeDefinition<_wca_v1_WssSpec, _wca_v1_WssSpec__Output>
    }
  }
}

