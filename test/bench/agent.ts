import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { GetStatusResponse__Output } from '../../shared/rpc/gen/wca/v1/GetStatusResponse.ts';
import { type CollectorClient, loadContract } from '../../shared/rpc/proto.ts';
import { type Figures, median } from './figures.ts';
import type { Scenario } from './scenarios.ts';

interface AgentOptions {
  readonly folder: string;
  readonly paths: readonly string[];
  readonly scenario: Scenario;
}

export type AgentCost = Omit<Figures, 'scenario' | 'n' | 'floorCpuMs'>;

const collectorMain = fileURLToPath(new URL('../../collector/main.js', import.meta.url));
const controllerMain = fileURLToPath(new URL('../../controller/main.js', import.meta.url));
/** A small young generation: an agent must not cost memory either. */
const nodeFlags = ['--max-semi-space-size=1'];
/** The just-in-time compiler needs some iterations before the figures are those of a long run. */
const warmUpRounds = 25;

/** A real collector and a real controller, measuring the given cgroups each second and scraped each second. */
export class Agent {
  readonly #collector: ChildProcess;
  readonly #controller: ChildProcess;
  readonly #client: CollectorClient;
  readonly #url: string;

  private constructor(collector: ChildProcess, controller: ChildProcess, client: CollectorClient, url: string) {
    this.#collector = collector;
    this.#controller = controller;
    this.#client = client;
    this.#url = url;
  }

  static async start({ folder, paths, scenario }: AgentOptions): Promise<Agent> {
    const home = mkdtempSync(join(folder, 'run-'));
    const socket = `unix:${join(home, 'collector.sock')}`;
    const port = 20_000 + (process.pid % 20_000);
    const config = join(home, 'config.yaml');
    writeFileSync(config, configuration(paths, port, scenario), { mode: 0o600 });
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    const collector = spawn(
      process.execPath,
      [
        ...nodeFlags,
        ...[collectorMain, '--listen', socket, '--log-level', 'error', '--ledger', join(home, 'ledger')],
        ...(scenario.allocates === true ? ['--allocate-below', dirname(paths[0] ?? '/')] : []),
      ],
      { stdio: [...stdio] },
    );
    const controller = spawn(
      process.execPath,
      [
        ...nodeFlags,
        controllerMain,
        '-c',
        config,
        '--root',
        '--collector',
        socket,
        '--admin',
        `unix:${join(home, 'admin.sock')}`,
        '-l',
        'error',
      ],
      { stdio: [...stdio] },
    );
    const agent = new Agent(
      collector,
      controller,
      loadContract().createCollectorClient(socket),
      `http://127.0.0.1:${port}/metrics`,
    );
    await agent.#ready(paths.length);
    return agent;
  }

  /** The cgroup files that the collector holds open: what the floor has to read. */
  cgroupFiles(): readonly string[] {
    const folder = `/proc/${this.#collector.pid}/fd`;
    return readdirSync(folder)
      .map((fd) => readlinkSync(join(folder, fd)))
      .filter((path) => path.includes('/wca-test-') && !path.endsWith('(deleted)'));
  }

  async measure(rounds: number): Promise<AgentCost> {
    const collector: number[] = [];
    const controller: number[] = [];
    const walls: number[] = [];
    const wire: number[] = [];
    let before = this.#counters();
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all([sleep(1000), scrape(this.#url)]);
      const after = this.#counters();
      collector.push(after.collectorMs - before.collectorMs);
      controller.push(after.controllerMs - before.controllerMs);
      wire.push(after.wireBytes - before.wireBytes);
      before = after;
      if (round % 5 === 4 || round === rounds - 1)
        walls.push(((await this.#status()).sampler?.lastSeconds ?? 0) * 1000);
    }
    return {
      collectorCpuMs: median(collector),
      controllerCpuMs: median(controller),
      wallMs: median(walls),
      wireBytes: median(wire),
      collectorRssMb: rssMb(this.#collector.pid),
      controllerRssMb: rssMb(this.#controller.pid),
    };
  }

  async stop(): Promise<void> {
    this.#client.close();
    for (const child of [this.#controller, this.#collector]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }

  #counters(): { collectorMs: number; controllerMs: number; wireBytes: number } {
    return {
      collectorMs: cpuMs(this.#collector.pid),
      controllerMs: cpuMs(this.#controller.pid),
      wireBytes: writtenBytes(this.#collector.pid),
    };
  }

  #status(): Promise<GetStatusResponse__Output> {
    return new Promise((resolve, reject) => {
      this.#client.getStatus({}, (error, reply) => {
        if (error === null && reply !== undefined) resolve(reply);
        else reject(error ?? new Error('no status'));
      });
    });
  }

  /** Waits until all tasks are measured and the just-in-time compiler has seen some iterations. */
  async #ready(tasks: number): Promise<void> {
    for (let waited = 0; waited < 60; waited += 1) {
      await sleep(500);
      const text = await scrape(this.#url).catch(() => '');
      if (text.split('\n').filter((line) => line.startsWith('task_up{')).length < tasks) continue;
      for (let round = 0; round < warmUpRounds; round += 1) await Promise.all([sleep(1000), scrape(this.#url)]);
      return;
    }
    await this.stop();
    throw new Error('the agent does not measure all tasks within 30 s');
  }
}

/** The original's measurement configuration with all seed cgroup metrics, and what the scenario adds. */
function configuration(paths: readonly string[], port: number, { events, parameters, allocates }: Scenario): string {
  const measuring = [
    '!MeasurementRunner',
    '  action_delay: 1.0',
    `  event_names: [${events.join(', ')}]`,
    ...parameters.map((line) => `  ${line}`),
    `  metrics_storage: !PrometheusStorage {port: ${port}}`,
    '  node: !StaticNode',
    '    tasks:',
    ...paths.map((path) => `      - ${path.slice(1)}`),
  ];
  if (allocates !== true) return `runner: ${measuring.join('\n')}\n`;
  const storage = (name: string): string => `  ${name}_storage: !LogStorage {output_filename: /dev/null}`;
  return [
    'runner: !AllocationRunner',
    `  measurement_runner: ${measuring.join('\n  ')}`,
    '  allocator: !StaticAllocator',
    '    rules: [{allocations: {cpu_quota: 0.9, cpu_shares: 0.5, cpu_idle: 0}}]',
    storage('allocations'),
    storage('anomalies'),
    '',
  ].join('\n');
}

/** CPU time of all threads of a process, in ms: first field of each schedstat, in ns. */
function cpuMs(pid: number | undefined): number {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder)
    .map((task) => Number(readFileSync(join(folder, task, 'schedstat'), 'utf8').split(' ')[0]) / 1e6)
    .reduce((sum, ms) => sum + ms, 0);
}

function writtenBytes(pid: number | undefined): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? Number.NaN);
}

function rssMb(pid: number | undefined): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024;
}

function scrape(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}
