import type { TargetResult } from '../../shared/allocation/results.ts';
import type { AllocationValue, CurrentValue } from '../../shared/allocation/values.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { Target, WatchRequest, WatchResponse, WatchSpec } from '../../shared/rpc/watch-messages.ts';
import type { WantedTarget } from '../collectors/allocation-client.ts';
import type { CollectorLink, WatchStream } from '../collectors/link.ts';
import type { HostCgroup } from '../model/host.ts';
import { describeValue } from './describe-value.ts';

interface Listeners {
  data?: (response: WatchResponse) => void;
  error?: (thrown: unknown) => void;
  end?: () => void;
}

/** The stream of a collector, played by hand. */
export class ReplayStream implements WatchStream {
  readonly #listeners: Listeners = {};
  #spec: WatchSpec | undefined;
  #revision = 0;
  #isOpen = true;

  /** Of the last targets; 0 before. */
  get revision(): number {
    return this.#revision;
  }

  /** What the runner asked for. */
  get spec(): WatchSpec | undefined {
    return this.#spec;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  on(event: 'data', listener: (response: WatchResponse) => void): void;
  on(event: 'error', listener: (thrown: unknown) => void): void;
  on(event: 'end', listener: () => void): void;
  on(event: keyof Listeners, listener: (value: never) => void): void {
    Object.assign(this.#listeners, { [event]: listener });
  }

  write(request: WatchRequest): void {
    if (request.kind === 'spec') this.#spec = request.spec;
    else this.#revision = request.targets.revision;
  }

  /** As a stream of gRPC it tells its end later, not within the call. */
  cancel(): void {
    queueMicrotask(() => this.end(new WcaError('CANCELLED', { subject: 'replay', message: 'is stopping' })));
  }

  deliver(response: WatchResponse): void {
    if (this.#isOpen) this.#listeners.data?.(response);
  }

  /** The stream breaks; once. */
  end(error: WcaError): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#listeners.error?.(error);
  }
}

/** What the recorded host had in force for a target; undefined where that is not recorded. */
export type FindCurrent = (targetId: string, type: AllocationValue['type']) => CurrentValue | undefined;

export interface LinkOptions {
  readonly file: string;
  readonly findCurrent: FindCurrent;
  /** Told what would have been sent. */
  readonly onAllocate: (target: Target, value: AllocationValue, before: string) => void;
}

/** A recording in the place of a collector. What it is asked to allocate it only tells. */
export class ReplayLink implements CollectorLink {
  readonly address: string;
  readonly allocation: CollectorLink['allocation'];
  readonly #options: LinkOptions;
  #platform: Platform | undefined;
  #stream: ReplayStream | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.address = `recording ${options.file}`;
    this.allocation = {
      allocate: async (targets) => targets.map((wanted) => this.#plan(wanted)),
      renewLease: async () => 1,
      restore: async () => [],
    };
  }

  /** The stream that a runner holds open. */
  get stream(): ReplayStream | undefined {
    return this.#stream?.isOpen === true ? this.#stream : undefined;
  }

  set platform(platform: Platform) {
    this.#platform = platform;
  }

  async getPlatform(): Promise<Platform> {
    if (this.#platform === undefined)
      throw new WcaError('UNAVAILABLE', { subject: this.address, message: 'has no platform' });
    return this.#platform;
  }

  /** The cgroups of a recorded host are its tasks, and those are known. */
  async listCgroups(): Promise<readonly HostCgroup[]> {
    return [];
  }

  watch(): ReplayStream {
    this.#stream = new ReplayStream();
    return this.#stream;
  }

  #plan({ target, values }: WantedTarget): TargetResult {
    const { findCurrent, onAllocate } = this.#options;
    const results = values.map((value) => {
      const before = findCurrent(target.id, value.type)?.raw ?? '';
      onAllocate(target, value, before);
      const writes = [{ file: `${target.cgroupPath} ${value.type}`, before, after: describeValue(value) }];
      return { type: value.type, outcome: 'would_apply', error: undefined, writes } as const;
    });
    return { targetId: target.id, error: undefined, values: results };
  }
}
