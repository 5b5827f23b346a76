import type { CallOptions, ClientReadableStream, requestCallback } from '@grpc/grpc-js';
import type { TargetResult } from '../../shared/allocation/results.ts';
import type { AllocationValue } from '../../shared/allocation/values.ts';
import { fromStatus } from '../../shared/errors/grpc-status.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import { decodeTargetResult, encodeAllocationValue } from '../../shared/rpc/allocation-codec.ts';
import type { AllocateResponse__Output as AllocateReply } from '../../shared/rpc/gen/wca/v1/AllocateResponse.ts';
import type { AuditRecord__Output as AuditRecord } from '../../shared/rpc/gen/wca/v1/AuditRecord.ts';
import type { GetControllerStatusResponse__Output as ControllerStatus } from '../../shared/rpc/gen/wca/v1/GetControllerStatusResponse.ts';
import type { GetMetricsResponse__Output as Metrics } from '../../shared/rpc/gen/wca/v1/GetMetricsResponse.ts';
import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { GetStatusResponse__Output as CollectorStatus } from '../../shared/rpc/gen/wca/v1/GetStatusResponse.ts';
import type { HoldResponse__Output as HoldReply } from '../../shared/rpc/gen/wca/v1/HoldResponse.ts';
import type { ListAllocationsResponse__Output as Allocations } from '../../shared/rpc/gen/wca/v1/ListAllocationsResponse.ts';
import type { ListComponentsResponse__Output as Components } from '../../shared/rpc/gen/wca/v1/ListComponentsResponse.ts';
import type { ListTasksResponse__Output as Tasks } from '../../shared/rpc/gen/wca/v1/ListTasksResponse.ts';
import type { RestoreResponse__Output as RestoreReply } from '../../shared/rpc/gen/wca/v1/RestoreResponse.ts';
import type { CollectorClient, Contract, ControllerClient } from '../../shared/rpc/proto.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import { explainCall, type Side } from './unreachable.ts';

export type { Allocations, AuditRecord, CollectorStatus, Components, ControllerStatus, Metrics, Platform, Tasks };

/** Where a process listens and how long an answer may take. */
export interface PeerOptions {
  readonly contract: Contract;
  /** `unix:/run/wca/collector.sock` */
  readonly address: string;
  readonly timeoutMs: number;
}

export interface CollectorPeerOptions {
  readonly client: CollectorClient;
  /** For people: `unix:/run/wca/collector.sock`, `tls:node1.example:9153`. */
  readonly address: string;
  readonly timeoutMs: number;
}

/** Thousands of writes, pages of cpusets to be moved: an answer to an allocation may take long. */
const leastAllocationMs = 60_000;

/** A cgroup that is meant, with those of its containers. */
export interface PickedTarget {
  readonly cgroupPath: string;
  readonly children: readonly string[];
}

export interface AllocateWish {
  readonly targets: readonly PickedTarget[];
  /** The same for all. */
  readonly values: readonly AllocationValue[];
  readonly dryRun: boolean;
  readonly reassert: boolean;
  readonly lease: { readonly id: string; readonly ttlMs: number } | undefined;
}

/** Of which cgroups; with `all` those that are named do not matter. */
export interface Which {
  readonly cgroupPaths: readonly string[];
  readonly all: boolean;
}

/** The collector as wca-ctl sees it. Every method rejects with a WcaError that says what to do. */
export class CollectorPeer {
  readonly address: string;
  readonly #client: CollectorClient;
  readonly #timeoutMs: number;

  constructor({ client, address, timeoutMs }: CollectorPeerOptions) {
    this.address = address;
    this.#client = client;
    this.#timeoutMs = timeoutMs;
  }

  getStatus(): Promise<CollectorStatus> {
    return this.#call<CollectorStatus>((options, done) => this.#client.getStatus({}, options, done));
  }

  getPlatform(): Promise<Platform> {
    return this.#call<Platform>((options, done) => this.#client.getPlatform({ client: apiVersion }, options, done));
  }

  /** All that have allocations when no cgroup is named. */
  listAllocations(cgroupPaths: readonly string[]): Promise<Allocations> {
    const request = { cgroupPaths: [...cgroupPaths] };
    return this.#call<Allocations>((options, done) => this.#client.listAllocations(request, options, done));
  }

  /** One result a target, in their order. */
  async allocate({ targets, values, dryRun, reassert, lease }: AllocateWish): Promise<readonly TargetResult[]> {
    const request = {
      client: apiVersion,
      requestId: 'wca-ctl',
      dryRun,
      reassert,
      leaseId: lease?.id ?? '',
      leaseTtlMs: lease?.ttlMs ?? 0,
      targets: targets.map(({ cgroupPath, children }) => ({
        target: { id: cgroupPath, cgroupPath, childCgroupPaths: [...children] },
        values: values.map(encodeAllocationValue),
      })),
    };
    const reply = await this.#change<AllocateReply>((options, done) => this.#client.allocate(request, options, done));
    return reply.results.map(decodeTargetResult);
  }

  /** One result a target that had allocations. */
  async restore(
    { cgroupPaths, all }: Which,
    { force, dryRun }: { readonly force: boolean; readonly dryRun: boolean },
  ): Promise<readonly TargetResult[]> {
    const request = { cgroupPaths: [...cgroupPaths], all, force, dryRun, requestId: 'wca-ctl' };
    const reply = await this.#change<RestoreReply>((options, done) => this.#client.restore(request, options, done));
    return reply.results.map(decodeTargetResult);
  }

  /** Answers the cgroups that are held then; `/` stands for all. */
  async hold({ cgroupPaths, all }: Which, hold: boolean): Promise<readonly string[]> {
    const request = { cgroupPaths: [...cgroupPaths], all, hold };
    return (await this.#call<HoldReply>((options, done) => this.#client.hold(request, options, done))).cgroupPaths;
  }

  /** Writes to the kernel: those that are remembered, and with `follow` those to come. */
  watchAudit(follow: boolean): ClientReadableStream<AuditRecord> {
    return this.#client.watchAudit({ follow });
  }

  /** What a broken stream means. */
  explain(thrown: unknown): WcaError {
    return explainCall(fromStatus(thrown, `collector at ${this.address}`), 'collector', this.#timeoutMs);
  }

  close(): void {
    this.#client.close();
  }

  #call<T>(start: StartCall<T>, timeoutMs = this.#timeoutMs): Promise<T> {
    return callUnary({ side: 'collector', address: this.address, timeoutMs }, start);
  }

  #change<T>(start: StartCall<T>): Promise<T> {
    return this.#call(start, Math.max(this.#timeoutMs, leastAllocationMs));
  }
}

/** The controller as wca-ctl sees it. Every method rejects with a WcaError that says what to do. */
export class ControllerPeer {
  readonly address: string;
  readonly client: ControllerClient;
  readonly #timeoutMs: number;

  constructor({ contract, address, timeoutMs }: PeerOptions) {
    this.address = address;
    this.client = contract.createControllerClient(address);
    this.#timeoutMs = timeoutMs;
  }

  getStatus(): Promise<ControllerStatus> {
    return this.#call<ControllerStatus>((options, done) => this.client.getStatus({}, options, done));
  }

  listTasks(): Promise<Tasks> {
    return this.#call<Tasks>((options, done) => this.client.listTasks({}, options, done));
  }

  /** All metrics when `names` is empty; of one host of several when `node` is not. */
  getMetrics(names: readonly string[], node: string): Promise<Metrics> {
    return this.#call<Metrics>((options, done) => this.client.getMetrics({ names: [...names], node }, options, done));
  }

  /** All components when `name` is empty. */
  listComponents(name: string): Promise<Components> {
    return this.#call<Components>((options, done) => this.client.listComponents({ name }, options, done));
  }

  close(): void {
    this.client.close();
  }

  #call<T>(start: StartCall<T>): Promise<T> {
    return callUnary({ side: 'controller', address: this.address, timeoutMs: this.#timeoutMs }, start);
  }
}

type StartCall<T> = (options: CallOptions, done: requestCallback<T>) => unknown;

interface CallFacts {
  readonly side: Side;
  readonly address: string;
  readonly timeoutMs: number;
}

function callUnary<T>({ side, address, timeoutMs }: CallFacts, start: StartCall<T>): Promise<T> {
  const subject = `${side} at ${address}`;
  return new Promise((resolve, reject) => {
    start({ deadline: Date.now() + timeoutMs }, (error, reply) => {
      if (error !== null) reject(explainCall(fromStatus(error, subject), side, timeoutMs));
      else if (reply === undefined) reject(new WcaError('INTERNAL', { subject, message: 'answered nothing' }));
      else resolve(reply);
    });
  });
}
