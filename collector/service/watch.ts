import type { ServerDuplexStream } from '@grpc/grpc-js';
import { WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { checkVersion } from '../../shared/rpc/version.ts';
import { decodeWatchRequest } from '../../shared/rpc/watch-codec.ts';
import type { TargetUpdate, WatchSpec } from '../../shared/rpc/watch-messages.ts';
import type { EventList, PlanSources } from '../watch/ports.ts';
import type { Sampler } from '../watch/sampler.ts';
import type { Subscriber } from '../watch/subscriber.ts';
import type { CallGuard, StreamCall } from './calls.ts';
import { formatPeer, type Peer } from './peers.ts';

/** Both directions carry encoded messages: see rpc-table.ts. */
export type WatchCall = ServerDuplexStream<Buffer, Buffer>;

export interface WatchFacade {
  readonly sampler: Sampler;
  /** Checks the names of events; throws INVALID_ARGUMENT. */
  parseEvents(names: readonly string[], perCpu: boolean): EventList;
  /** Throws INVALID_ARGUMENT. */
  readonly planSources: PlanSources;
  readonly onAttached: (peer: Peer, spec: WatchSpec) => void;
  readonly onDetached: (peer: Peer, subscriber: Subscriber) => void;
  /** Streams in progress, ended when the collector stops. */
  readonly streams: Set<StreamCall>;
}

/** Watch: spec first, then updates; the sampler sends schema, roster and snapshots. */
export function watch(call: WatchCall, context: WatchContext, facade: WatchFacade): void {
  const session = new WatchSession(call, context, facade);
  facade.streams.add(call);
  call.on('data', (bytes: Buffer) => session.receive(bytes));
  call.on('cancelled', () => session.leave());
  call.on('error', () => session.leave());
  call.on('end', () => session.halfClose());
}

export interface WatchContext {
  readonly peer: Peer;
  readonly guard: CallGuard;
}

class WatchSession {
  readonly #call: WatchCall;
  readonly #context: WatchContext;
  readonly #facade: WatchFacade;
  #subscriber: Subscriber | undefined;
  #left = false;

  constructor(call: WatchCall, context: WatchContext, facade: WatchFacade) {
    this.#call = call;
    this.#context = context;
    this.#facade = facade;
  }

  /** A message of the client; one that is wrong ends the stream. */
  receive(bytes: Buffer): void {
    if (this.#left) return;
    try {
      const request = decodeWatchRequest(bytes);
      if (request.kind === 'spec') this.#attach(request.spec);
      else this.#update(request.targets);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** The client has no more updates: it goes on getting snapshots of what it asked for, if it asked for anything. */
  halfClose(): void {
    if (this.#left || this.#subscriber !== undefined) return;
    this.leave();
    this.#call.end();
  }

  /** The stream is over, whoever ended it; idempotent. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#facade.streams.delete(this.#call);
    if (this.#subscriber === undefined) return;
    this.#facade.sampler.unsubscribe(this.#subscriber);
    this.#facade.onDetached(this.#context.peer, this.#subscriber);
  }

  #attach(spec: WatchSpec): void {
    if (this.#subscriber !== undefined) throw badRequest('the spec comes once, as the first message');
    const call = this.#call;
    const options = {
      peer: formatPeer(this.#context.peer),
      ...parseSpec(spec, this.#facade),
      sink: { send: (frame: Buffer, flushed: () => void) => call.write(frame, flushed) },
      onFailure: (error: WcaError) => this.#fail(error),
    };
    this.#subscriber = this.#facade.sampler.subscribe(options, this.#facade.planSources(spec));
    this.#facade.onAttached(this.#context.peer, spec);
  }

  #update(update: TargetUpdate): void {
    if (this.#subscriber === undefined) throw badRequest('the first message must be the spec');
    // The next update is read when this one is applied: a client cannot pile them up here.
    this.#call.pause();
    this.#subscriber.enqueue(update, () => this.#call.resume());
    this.#facade.sampler.wake();
  }

  #fail(thrown: unknown): void {
    if (this.#left) return;
    this.leave();
    this.#context.guard.fail(this.#call, thrown);
  }
}

function badRequest(message: string): WcaError {
  return new WcaError('INVALID_ARGUMENT', { subject: 'WatchRequest', message });
}

/** Throws VERSION_MISMATCH, INVALID_ARGUMENT. */
function parseSpec(
  spec: WatchSpec,
  facade: WatchFacade,
): { intervalMs: number; costlyEvery: number; events: EventList | undefined; currentAllocations: boolean } {
  checkVersion(spec.client.major === 0 ? undefined : spec.client, 'WatchSpec.client');
  const { intervalMs } = spec;
  if (intervalMs < limits.minIntervalMs || intervalMs > limits.maxIntervalMs) {
    throw new WcaError('INVALID_ARGUMENT', {
      subject: 'WatchSpec.interval_ms',
      message: `must be between ${limits.minIntervalMs} and ${limits.maxIntervalMs}, got ${intervalMs}`,
    });
  }
  return {
    intervalMs,
    costlyEvery: Math.max(1, spec.costlyEvery),
    events: spec.events.length === 0 ? undefined : facade.parseEvents(spec.events, spec.perCpu),
    currentAllocations: spec.currentAllocations === true,
  };
}
