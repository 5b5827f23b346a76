import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { GetControllerStatusResponse } from '../../shared/rpc/gen/wca/v1/GetControllerStatusResponse.ts';
import type { GetPlatformResponse } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { GetStatusResponse } from '../../shared/rpc/gen/wca/v1/GetStatusResponse.ts';
import type { ListTasksResponse } from '../../shared/rpc/gen/wca/v1/ListTasksResponse.ts';
import type { Usage } from '../../shared/rpc/gen/wca/v1/Usage.ts';
import { loadContract } from '../../shared/rpc/proto.ts';

/** A host with a bit of everything wca-ctl shows. */
export const samplePlatform: GetPlatformResponse = {
  server: { major: 1, minor: 0, software: '1.0.0' },
  hostname: 'node-7',
  kernel: '6.1.0-18-amd64',
  pageSizeBytes: 4096,
  clockTicksPerSecond: 100,
  cpuModel: {
    name: 'Intel(R) Xeon(R) Platinum 8280 CPU @ 2.70GHz',
    vendor: 'GenuineIntel',
    family: 6,
    model: 85,
    stepping: 7,
    codeName: 'cascade-lake',
  },
  cpus: [0, 1, 2, 5].map((id) => ({ id, socket: 0, core: id, numaNode: id < 2 ? 0 : 2 })),
  numaNodes: [
    {
      id: 0,
      cpus: [0, 1],
      memoryBytes: 17179869184,
      distances: [
        { to: 0, distance: 10 },
        { to: 2, distance: 21 },
      ],
    },
    {
      id: 2,
      cpus: [2, 5],
      memoryBytes: 17179869184,
      distances: [
        { to: 0, distance: 21 },
        { to: 2, distance: 10 },
      ],
    },
  ],
  sockets: 1,
  cores: 4,
  swapEnabled: false,
  cgroupLayout: {
    mode: 'hybrid',
    hierarchies: [
      { version: 1, controllers: ['cpu', 'cpuacct'], mountPoint: '/sys/fs/cgroup/cpu,cpuacct' },
      { version: 1, controllers: ['memory'], mountPoint: '/sys/fs/cgroup/memory' },
      { version: 2, controllers: [], mountPoint: '/sys/fs/cgroup/unified' },
    ],
  },
  capabilities: [
    { name: 'psi', available: true },
    {
      name: 'perf.hardware',
      available: false,
      reason: 'no PMU is visible to this virtual machine',
      remedy: 'enable the virtual PMU of the hypervisor (KVM: -cpu host,pmu=on)',
    },
    { name: 'cgroup.memory', available: true },
    { name: 'cgroup.cpu', available: true },
    { name: 'perf.software', available: true },
  ],
  memoryTotalBytes: 34359738368,
};

export const sampleCollectorStatus: GetStatusResponse = {
  server: { major: 1, minor: 0, software: '1.0.0' },
  pid: 4711,
  uptimeSeconds: 8000,
  listening: ['unix:/run/wca/collector.sock'],
  subscribers: [
    {
      peer: 'uid 998 (wca), pid 4712',
      intervalMs: 1000,
      events: ['default'],
      targets: 34,
      sent: 7990,
      lost: 3,
      attachedSeconds: 7995,
    },
  ],
  descriptors: { open: 412, limit: 524288, cgroups: 34, perf: 272, degradedFiles: 0, degradedPerf: 2, needed: 640 },
  sampler: {
    ticks: 7993,
    overruns: 0,
    lastSteps: [
      { name: 'cgroup', seconds: 0.0051 },
      { name: 'perf', seconds: 0.0022 },
    ],
    lastSeconds: 0.0081,
  },
  usage: { rssBytes: 67108864, cpuSeconds: 61.2, eventLoopDelaySeconds: 0.012 },
  errorCounts: [{ code: 'CGROUP_GONE', source: 'cgroup', count: 12 }],
  recentErrors: [{ code: 'CGROUP_GONE', subject: '/kubepods/pod1', message: 'the cgroup was removed' }],
};

export const sampleControllerStatus: GetControllerStatusResponse = {
  server: { major: 1, minor: 0, software: '1.0.0' },
  pid: 4712,
  uptimeSeconds: 75,
  configFile: '/etc/wca/config.yaml',
  collectors: [{ address: 'unix:/run/wca/collector.sock', state: 'attached', snapshots: 74, lost: 0, attaches: 1 }],
  steps: [
    { name: 'discover', seconds: 0.0021 },
    { name: 'store', seconds: 0.0004 },
  ],
  iterations: 74,
  tasks: 34,
  storages: [{ name: 'metrics_storage: PrometheusStorage', stored: 74, dropped: 0, failed: 0 }],
  openEpisodes: [
    { code: 'DISCOVERY_FAILED', subject: 'node', message: 'the API answers 503', remedy: 'look at the kubelet' },
  ],
  usage: { rssBytes: 70108864, cpuSeconds: 2.5, eventLoopDelaySeconds: 0.004 },
  discovery: 'fresh',
  endpoints: ['http://127.0.0.1:9152/metrics'],
};

export const sampleTasks: ListTasksResponse = {
  tasks: [
    {
      id: '/b',
      name: 'redis-0',
      cgroupPath: '/kubepods/burstable/podb/2',
      childCgroupPaths: ['/kubepods/burstable/podb/2/1'],
      labels: { task_id: '/b', app: 'redis' },
      state: 'measured',
    },
    { id: '/a', name: '容器\u001b[31m-evil', cgroupPath: '/kubepods/a', state: 'refused' },
  ],
};

export const sampleUsage: Usage = {
  sequence: 7,
  realtimeSeconds: 1_700_000_000,
  intervalSeconds: 1.0004,
  host: { hostname: 'node-7', cpus: 4, cpuCores: 1.5, memoryBytes: 8589934592, memoryTotalBytes: 34359738368 },
  tasks: [
    {
      id: '/a',
      name: 'idle',
      cpuCores: 0.001,
      memoryBytes: 1048576,
      pageFaultsPerSecond: 0,
      cpuPressureRatio: 0,
      state: 'measured',
    },
    {
      id: '/b',
      name: 'redis-master-with-a-very-long-name-0123456789.service',
      cpuCores: 1.25,
      memoryBytes: 1020054733,
      memoryLimitBytes: 1073741824,
      contextSwitchesPerSecond: 12345,
      pageFaultsPerSecond: 83.4,
      cpuPressureRatio: 0.62,
      throttledRatio: 0.12,
      state: 'measured',
    },
    {
      id: '/c',
      name: '容器容器容器容器容器容器容器-1',
      cpuCores: 0.2,
      memoryBytes: 52428800,
      contextSwitchesPerSecond: 10,
      cpuPressureRatio: 0.001,
      state: 'measured',
    },
  ],
  features: ['perf: software events (no PMU)'],
};

/** Two servers on private sockets that answer with the samples. */
export interface FakeServices {
  readonly folder: string;
  readonly collector: string;
  readonly controller: string;
  stop(): void;
}

/** Starts both; `stop` ends them and removes the sockets. */
export async function startFakeServices(): Promise<FakeServices> {
  const folder = mkdtempSync(join(tmpdir(), 'wca-fake-'));
  const contract = loadContract();
  const collector = `unix:${join(folder, 'collector.sock')}`;
  const controller = `unix:${join(folder, 'controller.sock')}`;
  const answer = (reply: object) => (_call: unknown, done: (error: null, reply: object) => void) => done(null, reply);
  const collectorServer = await serve(collector, (server) =>
    server.addService(contract.collector, {
      GetPlatform: answer(samplePlatform),
      GetStatus: answer(sampleCollectorStatus),
    }),
  );
  const controllerServer = await serve(controller, (server) =>
    server.addService(contract.controller, {
      GetStatus: answer(sampleControllerStatus),
      ListTasks: answer(sampleTasks),
      GetMetrics: answer({ exposition: 'wca_up 1\n', sampledUnixSeconds: 1_700_000_000 }),
      WatchUsage: (call: { write(usage: Usage): void; on(event: string, listener: () => void): void }) => {
        call.write(sampleUsage);
        const timer = setInterval(() => call.write(sampleUsage), 50);
        for (const event of ['cancelled', 'close', 'error']) call.on(event, () => clearInterval(timer));
      },
    }),
  );
  return {
    folder,
    collector,
    controller,
    stop: () => {
      collectorServer.forceShutdown();
      controllerServer.forceShutdown();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function serve(address: string, add: (server: Server) => void): Promise<Server> {
  const server = new Server();
  add(server);
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve(server) : reject(error),
    );
  });
}
