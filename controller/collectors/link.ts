import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { WatchRequest, WatchResponse } from '../../shared/rpc/watch-messages.ts';
import type { Host } from '../model/host.ts';
import type { AllocationClient } from './allocation-client.ts';

/** The two directions of Watch, as much of gRPC's stream as is used here. */
export interface WatchStream {
  write(request: WatchRequest): unknown;
  /** The stream ends with an error then. */
  cancel(): void;
  on(event: 'data', listener: (response: WatchResponse) => void): unknown;
  on(event: 'error', listener: (thrown: unknown) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

/** The connection below the calls. */
export interface Connection {
  readonly isUp: boolean;
  /** Gives it up, with the attempt to make it, for a new one. */
  renew(): void;
}

/** What a runner asks of a collector: a running one (CollectorClient) or a recorded one (ReplayLink). */
export interface CollectorLink extends Host {
  readonly address: string;
  readonly allocation: Pick<AllocationClient, 'allocate' | 'renewLease' | 'restore'>;
  getPlatform(): Promise<Platform>;
  watch(): WatchStream;
  /** undefined: there is none that could be lost. */
  readonly connection?: Connection | undefined;
}
