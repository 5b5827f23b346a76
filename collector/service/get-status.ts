import type { Clock } from '../../shared/lifecycle/clock.ts';
import { encodeError } from '../../shared/rpc/error-codec.ts';
import type { Descriptors } from '../../shared/rpc/gen/wca/v1/Descriptors.ts';
import type { GetStatusRequest__Output } from '../../shared/rpc/gen/wca/v1/GetStatusRequest.ts';
import type { GetStatusResponse } from '../../shared/rpc/gen/wca/v1/GetStatusResponse.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import { readSelfUsage } from '../../shared/self/self-usage.ts';
import type { Sampler } from '../watch/sampler.ts';
import type { Subscriber } from '../watch/subscriber.ts';
import type { AllocationFacade } from './allocation-requests.ts';
import type { UnaryHandler } from './calls.ts';
import type { TroubleLog } from './trouble-log.ts';

export interface StatusFacade {
  readonly clock: Clock;
  readonly startedMs: number;
  readonly listening: () => readonly string[];
  readonly sampler: Sampler;
  readonly readDescriptors: () => Descriptors;
  readonly troubles: TroubleLog;
  readonly isDraining: () => boolean;
  readonly allocation: AllocationFacade;
}

export function getStatus(facade: StatusFacade): UnaryHandler<GetStatusRequest__Output, GetStatusResponse> {
  return async () => {
    const nowMs = facade.clock.monotonicMs();
    const { figures } = facade.sampler;
    const usage = readSelfUsage();
    const allocation = facade.allocation.ok ? facade.allocation.value : undefined;
    return {
      server: apiVersion,
      pid: process.pid,
      uptimeSeconds: (nowMs - facade.startedMs) / 1000,
      listening: [...facade.listening()],
      subscribers: facade.sampler.subscribers.map((subscriber) => describe(subscriber, nowMs)),
      descriptors: facade.readDescriptors(),
      sampler: { ...figures, lastSteps: [...figures.lastSteps] },
      usage: {
        rssBytes: usage.rssBytes,
        cpuSeconds: usage.cpuSeconds,
        eventLoopDelaySeconds: facade.sampler.takeLongestDelaySeconds(),
      },
      errorCounts: [...facade.troubles.counts()],
      recentErrors: facade.troubles.recent.map(encodeError),
      limits: {
        maxSubscribers: limits.maxSubscribers,
        maxTargets: limits.maxTargets,
        maxIdBytes: limits.maxIdBytes,
        maxPathBytes: limits.maxPathBytes,
        maxChildren: limits.maxChildren,
        maxEvents: limits.maxEvents,
        minIntervalMs: limits.minIntervalMs,
        maxIntervalMs: limits.maxIntervalMs,
        maxMessageBytes: limits.maxMessageBytes,
        maxCgroupsListed: limits.maxCgroupsListed,
        maxAllocatedTargets: limits.maxAllocatedTargets,
        maxLeases: limits.maxLeases,
        minLeaseMs: limits.minLeaseMs,
        maxLeaseMs: limits.maxLeaseMs,
      },
      draining: facade.isDraining(),
      leases: (allocation?.leases ?? []).map((lease) => ({ ...lease })),
      allocations: allocation?.size ?? 0,
      held: [...(allocation?.held ?? [])],
    };
  };
}

function describe(subscriber: Subscriber, nowMs: number) {
  const { options, targets, sent, lost, attachedMs } = subscriber;
  return {
    peer: options.peer,
    intervalMs: options.intervalMs,
    events: [...(options.events?.events ?? [])],
    sources: options.sources.map(({ source }) => source.name),
    targets,
    sent,
    lost,
    attachedSeconds: (nowMs - attachedMs) / 1000,
  };
}
