/**
 * `npm run bench -- --scale`: memory and time of a collector on a machine this one is not: 128 CPUs and 1000 tasks,
 * four perf events each. The kernel's files are a tree of fixtures; all perf descriptors are the same real group, so
 * that each reading costs what it costs. Runs in a process of its own and prints one line of JSON.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { assemble } from '../../collector/assemble.ts';
import { probeHost } from '../../collector/host-probe.ts';
import { type Libc, loadLibc, raiseOpenFileLimit } from '../../collector/kernel/libc.ts';
import { encodeAttr } from '../../collector/kernel/perf/attr.ts';
import { noRoles } from '../../collector/service/peers.ts';
import { LogFactory } from '../../shared/log/logger.ts';
import { decodeWatchResponse } from '../../shared/rpc/watch-codec.ts';
import { noAllocationHost } from '../kit/fake-allocation-service.ts';
import { TempKernel } from '../kit/temp-kernel.ts';
import { median } from './figures.ts';

const events = ['task_clock_seconds', 'task_context_switches', 'task_cpu_migrations', 'task_page_faults'];

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000' },
    cpus: { type: 'string', default: '128' },
    rounds: { type: 'string', default: '10' },
  },
});

/** perf_event_open(2) answers with the leader of one real group of four dummies, ever the same descriptor. */
function simulatePerf(real: Libc): Libc {
  const dummy = { type: 1, config: 9n, config1: 0n };
  let leader = -1;
  for (const _ of events) {
    const target = { pid: 0, cpu: -1, groupFd: leader, flags: 8 };
    const opened = real.perfEventOpen(encodeAttr({ ...dummy, disabled: false }), target);
    if (!opened.ok) throw new Error(`cannot open the group that stands for all: ${opened.errno}`);
    if (leader < 0) leader = opened.value;
  }
  return {
    perfEventOpen: () => ({ ok: true, value: leader }),
    ioctl: () => ({ ok: true, value: 0 }),
    peerCredentials: () => undefined,
    openFileLimit: () => undefined,
    setOpenFileLimit: () => ({ ok: false, errno: 'EPERM' }),
    movePages: async () => ({ ok: false, errno: 'ENOSYS' }),
    migratePages: async () => ({ ok: false, errno: 'ENOSYS' }),
  };
}

/** The tree of a machine with so many CPUs, two sockets of them, and so many cgroups. */
function makeKernel(cpus: number, tasks: number): TempKernel {
  const kernel = new TempKernel('6.1-v2-2numa');
  const ids = Array.from({ length: cpus }, (_, id) => id);
  kernel.write('sys/devices/system/cpu/online', `0-${cpus - 1}\n`);
  const ticks = ids.map((id) => `cpu${id} 1000 0 400 112500 50 0 12 5 3 1\n`);
  kernel.edit('proc/stat', (text) => text.replace(/^(cpu\d+ .*\n)+/m, ticks.join('')));
  for (const node of [0, 1]) {
    kernel.write(
      `sys/devices/system/node/node${node}/cpulist`,
      `${(node * cpus) / 2}-${((node + 1) * cpus) / 2 - 1}\n`,
    );
  }
  for (const id of ids) {
    const socket = id < cpus / 2 ? 0 : 1;
    kernel.write(`sys/devices/system/cpu/cpu${id}/topology/physical_package_id`, `${socket}\n`);
    kernel.write(`sys/devices/system/cpu/cpu${id}/topology/core_id`, `${id % (cpus / 2)}\n`);
    kernel.write(`sys/devices/system/cpu/cpu${id}/topology/core_cpus_list`, `${id}\n`);
  }
  for (let task = 0; task < tasks; task += 1) {
    cpSync(kernel.path('cgroup/batch/job7'), kernel.path(join('cgroup/scale', `task${task}`)), { recursive: true });
  }
  return kernel;
}

async function main(): Promise<void> {
  const [cpus, tasks, rounds] = [Number(values.cpus), Number(values.tasks), Number(values.rounds)];
  const kernel = makeKernel(cpus, tasks);
  const real = loadLibc();
  const descriptorLimit = raiseOpenFileLimit(real, 1_048_576);
  const libc = simulatePerf(real);
  const told: string[] = [];
  const logs = new LogFactory(
    { levels: new Map([['', 'info']]), fd: 2, pretty: false },
    { write: (line: string) => told.push(line) },
  );
  const { sampler } = assemble({
    roots: kernel.roots,
    libc,
    // The probe closes what it opens.
    facts: probeHost(kernel.roots, real),
    // As if allowed: only the files are real descriptors.
    descriptorLimit: 1_048_576,
    allow: new Set(),
    roles: noRoles,
    tls: undefined,
    allocation: noAllocationHost,
    logger: logs.logger('wca.collector'),
  });
  const walls: number[] = [];
  let bytes = 0;
  await new Promise<void>((resolve) => {
    const subscriber = sampler.subscribe({
      peer: 'bench',
      intervalMs: 1000,
      events: { events, perCpu: false },
      costlyEvery: 1,
      sink: {
        send(frame, flushed) {
          process.nextTick(flushed);
          if (decodeWatchResponse(frame).kind !== 'snapshot') return;
          bytes = frame.length;
          walls.push(sampler.figures.lastSteps.reduce((sum, { seconds }) => sum + seconds, 0) * 1000);
          if (walls.length > rounds) resolve();
        },
      },
      onFailure: (error) => {
        throw error;
      },
    });
    const targets = Array.from({ length: tasks }, (_, task) => {
      const path = `/scale/task${task}`;
      return { id: path, cgroupPath: path, childCgroupPaths: [] };
    });
    subscriber.enqueue({ revision: 1, upsert: targets, remove: [] }, () => {});
    sampler.wake();
  });
  const facts = { tasks, cpus, events: events.length, descriptorLimit, told: told.map((line) => JSON.parse(line)) };
  const rssMb = process.memoryUsage().rss / 2 ** 20;
  process.stdout.write(`${JSON.stringify({ ...facts, rssMb, wallMs: median(walls.slice(1)), wireBytes: bytes })}\n`);
  kernel.remove();
  process.exit(0);
}

await main();
