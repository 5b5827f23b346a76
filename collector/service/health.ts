import { type ServerWritableStream, status } from '@grpc/grpc-js';
import type { HealthHandlers } from '../../shared/rpc/gen/grpc/health/v1/Health.ts';
import type { HealthCheckRequest__Output } from '../../shared/rpc/gen/grpc/health/v1/HealthCheckRequest.ts';
import type { HealthCheckResponse } from '../../shared/rpc/gen/grpc/health/v1/HealthCheckResponse.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { type CallGuard, PlainStatus } from './calls.ts';

type WatchCall = ServerWritableStream<HealthCheckRequest__Output, HealthCheckResponse>;

/** grpc.health.v1: '' is the process as a whole. */
export class Health {
  readonly #services: ReadonlySet<string>;
  readonly #watchers = new Set<WatchCall>();
  #serving = true;

  constructor(services: readonly string[]) {
    this.#services = new Set(['', ...services]);
  }

  /** From now on NOT_SERVING; watchers are told and their streams end. */
  drain(): void {
    this.#serving = false;
    for (const call of this.#watchers) {
      call.write(this.#reply(call.request.service));
      call.end();
    }
    this.#watchers.clear();
  }

  handlers(guard: CallGuard): HealthHandlers {
    return {
      Check: guard.unary('observer', async ({ service }) => {
        if (this.#services.has(service)) return this.#reply(service);
        throw new PlainStatus(status.NOT_FOUND, 'unknown service');
      }),
      Watch: guard.stream('observer', (call: WatchCall) => this.#watch(call)),
    };
  }

  #watch(call: WatchCall): void {
    if (this.#watchers.size >= limits.maxSubscribers) {
      throw new PlainStatus(status.RESOURCE_EXHAUSTED, 'too many watchers of health');
    }
    call.write(this.#reply(call.request.service));
    this.#watchers.add(call);
    call.on('cancelled', () => this.#watchers.delete(call));
  }

  #reply(service: string): HealthCheckResponse {
    if (!this.#services.has(service)) return { status: 'SERVICE_UNKNOWN' };
    return { status: this.#serving ? 'SERVING' : 'NOT_SERVING' };
  }
}
