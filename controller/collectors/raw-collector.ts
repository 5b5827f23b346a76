import type { ClientDuplexStream } from '@grpc/grpc-js';
import { fromStatus } from '../../shared/errors/grpc-status.ts';
import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { Contract, CollectorClient as RpcClient } from '../../shared/rpc/proto.ts';
import { apiVersion, checkVersion } from '../../shared/rpc/version.ts';
import { encodeWatchRequest } from '../../shared/rpc/watch-codec.ts';
import type { WatchRequest } from '../../shared/rpc/watch-messages.ts';
import { explain } from './explain.ts';

const deadlineMs = 5_000;
const sameBytes = (bytes: Buffer): Buffer => bytes;

/** Turns the bytes of a GetPlatformResponse into the message; throws for bytes that are none. */
export type DecodePlatform = (bytes: Buffer) => Platform;

/** How the contract reads a GetPlatformResponse. */
export function platformDecoder({ collector }: Contract): DecodePlatform {
  const decode = collector['GetPlatform']?.responseDeserialize;
  if (decode === undefined) throw new Error('the contract lacks GetPlatform');
  // The contract's own decoder: what it returns has this shape, whatever the bytes were.
  return (bytes) => decode(bytes) as Platform;
}

/** A collector whose answers are wanted as the bytes they are: nothing that a newer one says is lost. */
export class RawCollector {
  readonly address: string;
  readonly #rpc: RpcClient;
  readonly #contract: Contract;

  constructor(address: string, rpc: RpcClient, contract: Contract) {
    this.address = address;
    this.#rpc = rpc;
    this.#contract = contract;
  }

  /** Bytes of a GetPlatformResponse. Rejects with a WcaError; both sides must speak the same version. */
  async getPlatform(): Promise<Buffer> {
    const method = this.#contract.collector['GetPlatform'];
    if (method === undefined) throw new Error('the contract lacks GetPlatform');
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      const options = { deadline: Date.now() + deadlineMs };
      const request = { client: apiVersion };
      this.#rpc.makeUnaryRequest(method.path, method.requestSerialize, sameBytes, request, options, (error, reply) => {
        if (error === null && reply !== undefined) resolve(reply);
        else reject(explain(fromStatus(error, this.address), this.address));
      });
    });
    checkVersion(platformDecoder(this.#contract)(bytes).server ?? undefined, this.address);
    return bytes;
  }

  /** Each message is the bytes of a WatchResponse. */
  watch(): ClientDuplexStream<WatchRequest, Buffer> {
    const path = this.#contract.collector['Watch']?.path;
    if (path === undefined) throw new Error('the contract lacks Watch');
    return this.#rpc.makeBidiStreamRequest(path, encodeWatchRequest, sameBytes);
  }

  /** What a broken stream means. */
  explain(thrown: unknown): ReturnType<typeof explain> {
    return explain(fromStatus(thrown, this.address), this.address);
  }
}
