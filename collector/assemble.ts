import { readdirSync, statSync } from 'node:fs';
import { toWcaError } from '../shared/errors/wca-error.ts';
import { systemClock } from '../shared/lifecycle/clock.ts';
import type { Logger } from '../shared/log/logger.ts';
import { loadContract } from '../shared/rpc/proto.ts';
import { readSelfUsage } from '../shared/self/self-usage.ts';
import { ServerCertificate } from '../shared/tls/server-certificate.ts';
import { type AllocationHost, wakeOnWrites } from './allocation-host.ts';
import type { HostFacts } from './host-probe.ts';
import { listCgroups } from './kernel/cgroup/walk.ts';
import { FdBudget } from './kernel/fd-budget.ts';
import type { Libc } from './kernel/libc.ts';
import { makeGroupBuffer } from './kernel/perf/counter-totals.ts';
import { PlatformReader } from './kernel/platform/platform-reader.ts';
import { readHotPlugFacts } from './kernel/platform/probe.ts';
import { readRdtInfo } from './kernel/resctrl/info.ts';
import type { KernelRoots } from './kernel/roots.ts';
import { Scratch } from './kernel/scratch.ts';
import type { TlsSettings } from './options.ts';
import { type Permission, withoutAllocation, withoutForbidden } from './permissions.ts';
import { CallGuard, type StreamCall } from './service/calls.ts';
import { DescriptorNeed } from './service/descriptor-need.ts';
import { Health } from './service/health.ts';
import { PeerRegistry, type Roles } from './service/peers.ts';
import { indexDescriptors, Reflection } from './service/reflection.ts';
import { type Facades, rpcTable, servedServices } from './service/rpc-table.ts';
import { CollectorService } from './service/server.ts';
import type { TlsListenOptions } from './service/tls-listener.ts';
import { TroubleLog } from './service/trouble-log.ts';
import { CgroupPool } from './watch/cgroup-pool.ts';
import { KernelHost } from './watch/kernel-host.ts';
import { PlatformFeed } from './watch/platform-feed.ts';
import type { PlanSources } from './watch/ports.ts';
import { Sampler } from './watch/sampler.ts';
import { makePlanSources } from './watch/sources/host-sources.ts';

export interface AssembleOptions {
  readonly roots: KernelRoots;
  readonly libc: Libc;
  readonly facts: HostFacts;
  /** RLIMIT_NOFILE in force. */
  readonly descriptorLimit: number;
  /** Writes to the kernel beside allocations. */
  readonly allow: ReadonlySet<Permission>;
  readonly roles: Roles;
  readonly tls: TlsSettings | undefined;
  readonly allocation: AllocationHost;
  readonly logger: Logger;
}

export interface Collector {
  readonly service: CollectorService;
  readonly sampler: Sampler;
}

/** Puts the collector together; nothing listens or runs yet. */
export function assemble(options: AssembleOptions): Collector {
  const { logger, libc } = options;
  const troubles = new TroubleLog(logger);
  const budget = new FdBudget(options.descriptorLimit);
  const { host, pool, sampler, planSources } = makeSampling(options, { troubles, budget });
  const contract = loadContract();
  const peers = new PeerRegistry(options.roles);
  const guard = new CallGuard(peers, troubles);
  const health = new Health(servedServices);
  const reflection = new Reflection(indexDescriptors(contract.fileDescriptors), servedServices);
  const streams = new Set<StreamCall>();
  const { facade: allocation } = options.allocation;
  wakeOnWrites(options.allocation, () => sampler.wake());
  const facades: Facades = {
    platform: {
      capabilities: withoutAllocation(withoutForbidden(options.facts.capabilities, options.allow), options.allocation),
      readRdt: () => {
        const info = readRdtInfo(options.roots, options.facts.platform.cpuModel.vendor);
        return info.ok ? info.value : undefined;
      },
      readFacts: () => ({ ...options.facts.platform, ...readHotPlugFacts(options.roots, new Scratch()) }),
    },
    cgroups: (query) => listCgroups(options.facts.layout, query),
    watch: {
      sampler,
      streams,
      parseEvents: (names, perCpu) => host.parseEvents(names, perCpu),
      planSources,
      onAttached: (peer, { intervalMs, events }) => logger.info({ ...peer, intervalMs, events }, 'subscriber attached'),
      onDetached: (peer, { sent, lost }) => logger.info({ ...peer, sent, lost }, 'subscriber left'),
    },
    status: {
      allocation,
      clock: systemClock,
      startedMs: systemClock.monotonicMs(),
      sampler,
      troubles,
      listening: () => service.listening,
      isDraining: () => service.draining,
      readDescriptors: () => ({
        open: readOpenDescriptors(),
        limit: budget.limit,
        cgroups: host.figures.cgroups,
        perf: host.figures.perfDescriptors,
        degradedFiles: host.figures.degradedFiles,
        degradedPerf: host.figures.degradedPerf,
        needed: pool.descriptorsNeeded,
      }),
    },
    allocation,
    streams,
  };
  const service: CollectorService = new CollectorService({
    rpcs: rpcTable(contract, guard, { facades, health, reflection }),
    connections: {
      peers,
      readPeer: (fd) => libc.peerCredentials(fd),
      onRefused: (error) => {
        troubles.count(error, 'connection');
        logger.debug({ code: error.code, reason: error.message }, 'connection refused');
      },
    },
    tls: options.tls === undefined ? undefined : tlsListen(options.tls, { troubles, logger }),
    health,
    streams,
    failStream: (call, error) => guard.fail(call, error),
  });
  return { service, sampler };
}

const certificateNames = { cert: '--tls-cert', key: '--tls-key', clientCa: '--tls-client-ca', reader: 'collector' };

function tlsListen(
  { listen, ...files }: TlsSettings,
  { troubles, logger }: { readonly troubles: TroubleLog; readonly logger: Logger },
): TlsListenOptions {
  return {
    ...listen,
    certificate: new ServerCertificate(files, certificateNames),
    onReloaded: (error) => {
      if (error === undefined) return logger.info('the TLS files have changed and are in force for new connections');
      troubles.count(error, 'tls');
      logger.warn(
        { code: error.code, reason: error.toText() },
        'the TLS files have changed and are wrong, the old stay',
      );
    },
  };
}

interface Sampling {
  readonly host: KernelHost;
  readonly pool: CgroupPool;
  readonly sampler: Sampler;
  readonly planSources: PlanSources;
}

function makeSampling(
  { roots, libc, facts, allow, allocation, logger }: AssembleOptions,
  { troubles, budget }: { readonly troubles: TroubleLog; readonly budget: FdBudget },
): Sampling {
  const { layout, platform, perf, hasPmu, pmu } = facts;
  const source = new PlatformReader(roots, platform);
  const host = new KernelHost({
    layout,
    perf,
    hasPmu,
    pmu,
    libc,
    budget,
    nodeIds: platform.numaNodes.map(({ id }) => id),
    pageSizeBytes: platform.pageSizeBytes,
    groupBuffer: makeGroupBuffer(),
    codeName: platform.cpuModel.codeName ?? '',
    onlineCpus: () => source.onlineCpus,
  });
  const feed = new PlatformFeed(source, () => ({
    usage: readSelfUsage(),
    openDescriptors: readOpenDescriptors(),
    overruns: sampler.figures.overruns,
  }));
  const pool = new CgroupPool(host);
  const need = new DescriptorNeed(budget.limit, logger);
  const sampler: Sampler = new Sampler({
    clock: systemClock,
    pool,
    onTargets: ({ options: { peer }, targets }) => need.tell({ peer, targets, needed: pool.descriptorsNeeded }),
    platform: feed,
    allocations: allocation.reader,
    onTrouble: (thrown) => {
      troubles.count(toWcaError(thrown, 'tick'), 'tick');
      logger.error({ err: thrown }, 'a tick failed, going on with the next one');
    },
  });
  const planSources = makePlanSources({
    roots,
    libc,
    layout,
    platform,
    tools: facts.tools,
    budget,
    onlineCpus: () => source.onlineCpus,
    socketOf: (cpu) => source.socketOf(cpu),
    allow: { rdtMonitoring: allow.has('rdt-monitoring'), wssReset: allow.has('wss-reset') },
    clock: systemClock,
  });
  return { host, pool, sampler, planSources };
}

/** Since Linux 6.2 the size of /proc/self/fd is the number of descriptors; before, it is 0 and they are counted. */
function readOpenDescriptors(): number {
  const folder = '/proc/self/fd';
  return statSync(folder).size || readdirSync(folder).length;
}
