import type { TargetResult } from '../../shared/allocation/results.ts';
import type { AllocationValue } from '../../shared/allocation/values.ts';
import { decodeTargetResult, encodeAllocationValue } from '../../shared/rpc/allocation-codec.ts';
import type { AllocateResponse__Output } from '../../shared/rpc/gen/wca/v1/AllocateResponse.ts';
import type { AuditRecord__Output } from '../../shared/rpc/gen/wca/v1/AuditRecord.ts';
import type { ListAllocationsResponse__Output } from '../../shared/rpc/gen/wca/v1/ListAllocationsResponse.ts';
import type { RestoreRequest } from '../../shared/rpc/gen/wca/v1/RestoreRequest.ts';
import type { RestoreResponse__Output } from '../../shared/rpc/gen/wca/v1/RestoreResponse.ts';
import type { CollectorClient } from '../../shared/rpc/proto.ts';
import { apiVersion } from '../../shared/rpc/version.ts';

export interface Wish {
  readonly path: string;
  readonly values: readonly AllocationValue[];
  readonly children?: readonly string[];
  /** Of the cgroup that is meant; any without. */
  readonly identity?: bigint;
}

export interface AllocateOptions {
  readonly dryRun?: boolean;
  readonly lease?: { readonly id: string; readonly ttlMs: number };
}

type Answer<T> = (error: Error | null, reply?: T) => void;

/** Allocations of a collector, one promise a call; rejects with what gRPC says. */
export class AllocationClient {
  readonly #client: CollectorClient;

  constructor(client: CollectorClient) {
    this.#client = client;
  }

  async allocate(wishes: readonly Wish[], options: AllocateOptions = {}): Promise<readonly TargetResult[]> {
    const { dryRun = false, lease } = options;
    const targets = wishes.map(({ path, values, children = [], identity = 0n }) => ({
      target: { id: path, cgroupPath: path, childCgroupPaths: [...children] },
      identity: String(identity),
      values: values.map(encodeAllocationValue),
    }));
    const wanted = { client: apiVersion, dryRun, targets, leaseId: lease?.id ?? '', leaseTtlMs: lease?.ttlMs ?? 0 };
    const reply = await ask<AllocateResponse__Output>((answer) => this.#client.allocate(wanted, answer));
    return reply.results.map(decodeTargetResult);
  }

  /** As allocate; throws, with all errors, unless every value is in force. */
  async apply(path: string, values: readonly AllocationValue[]): Promise<TargetResult> {
    const [result] = await this.allocate([{ path, values }]);
    const ok = result?.values.every(({ outcome }) => outcome === 'applied' || outcome === 'unchanged');
    if (result === undefined || result.error !== undefined || ok !== true) throw new Error(describe(result));
    return result;
  }

  async restore(request: RestoreRequest): Promise<readonly TargetResult[]> {
    const reply = await ask<RestoreResponse__Output>((answer) => this.#client.restore(request, answer));
    return reply.results.map(decodeTargetResult);
  }

  list(): Promise<ListAllocationsResponse__Output> {
    return ask((answer) => this.#client.listAllocations({}, answer));
  }

  /** What is remembered. */
  audit(): Promise<readonly AuditRecord__Output[]> {
    return new Promise((resolve, reject) => {
      const records: AuditRecord__Output[] = [];
      const call = this.#client.watchAudit({ follow: false });
      call.on('data', (record: AuditRecord__Output) => records.push(record));
      call.on('error', reject);
      call.on('end', () => resolve(records));
    });
  }

  /** Waits for a collector that is only starting; rejects after a minute. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(Date.now() + 60_000, (error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  close(): void {
    this.#client.close();
  }
}

function ask<T>(call: (answer: Answer<T>) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, reply) => {
      if (error === null && reply !== undefined) resolve(reply);
      else reject(error ?? new Error('no answer'));
    });
  });
}

/** Outcomes and errors of a target, for people. */
export function describe(result: TargetResult | undefined): string {
  if (result === undefined) return 'no result';
  const values = result.values.map(({ type, outcome, error, writes }) => {
    const done = writes.map(({ file, before, after }) => `${file}: ${before} -> ${after}`).join('; ');
    return `${type} ${outcome} ${error?.toText() ?? ''} [${done}]`;
  });
  return [`${result.targetId} ${result.error?.toText() ?? ''}`, ...values].join('\n');
}
