import { type CallOptions, type ClientDuplexStream, connectivityState } from '@grpc/grpc-js';
import { fromStatus } from '../../shared/errors/grpc-status.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { CollectorClient as RpcClient } from '../../shared/rpc/proto.ts';
import { apiVersion, checkVersion } from '../../shared/rpc/version.ts';
import type { WatchRequest, WatchResponse } from '../../shared/rpc/watch-messages.ts';
import type { HostCgroup, ListCgroupsOptions } from '../model/host.ts';
import { AllocationClient } from './allocation-client.ts';
import { explain } from './explain.ts';
import type { CollectorLink, Connection } from './link.ts';

/** Time for an answer to a unary call; a host with 20,000 cgroups takes half a second to list them. */
const deadlineMs = 5_000;

/** Calls to one collector. Every failure is a WcaError that names the address. */
export class CollectorClient implements CollectorLink {
  readonly address: string;
  readonly allocation: AllocationClient;
  readonly connection: Connection;
  readonly #connect: () => RpcClient;
  #rpc: RpcClient;
  readonly #onListing: (error: WcaError | undefined) => void;

  /**
   * `connect` makes a channel, which connects when it is first used. `onListing` is told with each listing of all cgroups
   * whether it is cut off, and why.
   */
  constructor(address: string, connect: () => RpcClient, onListing: (error: WcaError | undefined) => void = () => {}) {
    this.address = address;
    this.#connect = connect;
    this.#rpc = connect();
    this.allocation = new AllocationClient(address, () => this.#rpc);
    this.connection = this.#connection();
    this.#onListing = onListing;
  }

  /** Also checks that both sides speak the same version. */
  async getPlatform(): Promise<Platform> {
    const platform = await this.#call<Platform>((options, done) =>
      this.#rpc.getPlatform({ client: apiVersion }, options, done),
    );
    checkVersion(platform.server ?? undefined, this.address);
    return platform;
  }

  async listCgroups(options: ListCgroupsOptions, signal: AbortSignal): Promise<readonly HostCgroup[]> {
    const request = { paths: [...(options.paths ?? [])], includeEmpty: options.includeEmpty ?? false };
    const { cgroups, truncated } = await this.#call<{
      readonly cgroups: readonly HostCgroup[];
      readonly truncated: boolean;
    }>((callOptions, done) => this.#rpc.listCgroups(request, callOptions, done), signal);
    if (request.paths.length === 0) this.#onListing(truncated ? cutOff(this.address, cgroups.length) : undefined);
    return cgroups;
  }

  watch(): ClientDuplexStream<WatchRequest, WatchResponse> {
    return this.#rpc.watch();
  }

  close(): void {
    this.#rpc.close();
  }

  #connection(): Connection {
    const isUp = (): boolean => this.#rpc.getChannel().getConnectivityState(false) === connectivityState.READY;
    const renew = (): void => {
      this.#rpc.close();
      this.#rpc = this.#connect();
    };
    return {
      get isUp() {
        return isUp();
      },
      renew,
    };
  }

  #call<Reply>(
    start: (options: CallOptions, done: (error: unknown, reply: Reply | undefined) => void) => { cancel(): void },
    signal?: AbortSignal,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(new WcaError('CANCELLED', { subject: this.address, message: 'the controller stops' }));
        return;
      }
      const call = start({ deadline: Date.now() + deadlineMs }, (error, reply) => {
        signal?.removeEventListener('abort', cancel);
        if (error === null && reply !== undefined) resolve(reply);
        else reject(explain(fromStatus(error, this.address), this.address));
      });
      const cancel = (): void => call.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }
}

function cutOff(address: string, count: number): WcaError {
  return new WcaError('LIMIT_REACHED', {
    subject: `cgroups of ${address}`,
    message: `there are more than the ${count} that are listed: tasks may be missing`,
    remedy: 'name the tasks (!StaticNode), or look only below a part of the tree',
  });
}
