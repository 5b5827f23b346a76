import type { CallOptions } from '@grpc/grpc-js';
import type { TargetResult } from '../../shared/allocation/results.ts';
import type { AllocationValue } from '../../shared/allocation/values.ts';
import { fromStatus } from '../../shared/errors/grpc-status.ts';
import { decodeTargetResult, encodeAllocationValue } from '../../shared/rpc/allocation-codec.ts';
import type { AllocateResponse__Output } from '../../shared/rpc/gen/wca/v1/AllocateResponse.ts';
import type { RenewLeaseResponse__Output } from '../../shared/rpc/gen/wca/v1/RenewLeaseResponse.ts';
import type { RestoreResponse__Output } from '../../shared/rpc/gen/wca/v1/RestoreResponse.ts';
import type { CollectorClient as RpcClient } from '../../shared/rpc/proto.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import type { Target } from '../../shared/rpc/watch-messages.ts';
import { explain } from './explain.ts';

/** Thousands of writes, pages of cpusets to be moved: an answer may take long. */
const deadlineMs = 60_000;

export interface WantedTarget {
  readonly target: Target;
  /** CurrentAllocations.identity; 0n: any. */
  readonly identity: bigint;
  readonly values: readonly AllocationValue[];
}

export interface AllocateOptions {
  readonly requestId: string;
  readonly dryRun: boolean;
  readonly reassert: boolean;
  readonly lease: { readonly id: string; readonly ttlMs: number } | undefined;
}

/** Allocations through one collector. Every failure is a WcaError that names the address. */
export class AllocationClient {
  readonly #address: string;
  readonly #rpc: () => RpcClient;

  constructor(address: string, rpc: () => RpcClient) {
    this.#address = address;
    this.#rpc = rpc;
  }

  /** One result a target, in the order of the request. */
  async allocate(targets: readonly WantedTarget[], options: AllocateOptions): Promise<readonly TargetResult[]> {
    const { requestId, dryRun, reassert, lease } = options;
    const request = {
      client: apiVersion,
      requestId,
      dryRun,
      reassert,
      leaseId: lease?.id ?? '',
      leaseTtlMs: lease?.ttlMs ?? 0,
      targets: targets.map(({ target: { id, cgroupPath, childCgroupPaths }, identity, values }) => ({
        target: { id, cgroupPath, childCgroupPaths: [...childCgroupPaths] },
        identity: String(identity),
        values: values.map(encodeAllocationValue),
      })),
    };
    const reply = await this.#call<AllocateResponse__Output>((call, done) => this.#rpc().allocate(request, call, done));
    return reply.results.map(decodeTargetResult);
  }

  /** How many values are under the lease; 0: the collector does not know it. */
  async renewLease(leaseId: string, ttlMs: number): Promise<number> {
    const reply = await this.#call<RenewLeaseResponse__Output>((call, done) =>
      this.#rpc().renewLease({ leaseId, ttlMs }, call, done),
    );
    return reply.allocations;
  }

  /** What was allocated to these cgroups gets its original values back. */
  async restore(cgroupPaths: readonly string[], requestId: string): Promise<readonly TargetResult[]> {
    const reply = await this.#call<RestoreResponse__Output>((call, done) =>
      this.#rpc().restore({ cgroupPaths: [...cgroupPaths], requestId }, call, done),
    );
    return reply.results.map(decodeTargetResult);
  }

  #call<Reply>(
    start: (options: CallOptions, done: (error: unknown, reply: Reply | undefined) => void) => void,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      start({ deadline: Date.now() + deadlineMs }, (error, reply) => {
        if (error === null && reply !== undefined) resolve(reply);
        else reject(explain(fromStatus(error, this.#address), this.#address));
      });
    });
  }
}
