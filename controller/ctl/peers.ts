import type { CallOptions, requestCallback } from '@grpc/grpc-js';
import { fromStatus } from '../../shared/errors/grpc-status.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { GetControllerStatusResponse__Output as ControllerStatus } from '../../shared/rpc/gen/wca/v1/GetControllerStatusResponse.ts';
import type { GetMetricsResponse__Output as Metrics } from '../../shared/rpc/gen/wca/v1/GetMetricsResponse.ts';
import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { GetStatusResponse__Output as CollectorStatus } from '../../shared/rpc/gen/wca/v1/GetStatusResponse.ts';
import type { ListComponentsResponse__Output as Components } from '../../shared/rpc/gen/wca/v1/ListComponentsResponse.ts';
import type { ListTasksResponse__Output as Tasks } from '../../shared/rpc/gen/wca/v1/ListTasksResponse.ts';
import type { CollectorClient, Contract, ControllerClient } from '../../shared/rpc/proto.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import { explainCall, type Side } from './unreachable.ts';

export type { CollectorStatus, Components, ControllerStatus, Metrics, Platform, Tasks };

/** Where a process listens and how long an answer may take. */
export interface PeerOptions {
  readonly contract: Contract;
  /** `unix:/run/wca/collector.sock` */
  readonly address: string;
  readonly timeoutMs: number;
}

/** The collector as wca-ctl sees it. Every method rejects with a WcaError that says what to do. */
export class CollectorPeer {
  readonly address: string;
  readonly #client: CollectorClient;
  readonly #timeoutMs: number;

  constructor({ contract, address, timeoutMs }: PeerOptions) {
    this.address = address;
    this.#client = contract.createCollectorClient(address);
    this.#timeoutMs = timeoutMs;
  }

  getStatus(): Promise<CollectorStatus> {
    return this.#call<CollectorStatus>((options, done) => this.#client.getStatus({}, options, done));
  }

  getPlatform(): Promise<Platform> {
    return this.#call<Platform>((options, done) => this.#client.getPlatform({ client: apiVersion }, options, done));
  }

  close(): void {
    this.#client.close();
  }

  #call<T>(start: StartCall<T>): Promise<T> {
    return callUnary({ side: 'collector', address: this.address, timeoutMs: this.#timeoutMs }, start);
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

  /** All metrics when `names` is empty. */
  getMetrics(names: readonly string[]): Promise<Metrics> {
    return this.#call<Metrics>((options, done) => this.client.getMetrics({ names: [...names] }, options, done));
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
