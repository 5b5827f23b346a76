/**
 * `npm run bench -- --fleet`: what one controller costs that follows many collectors. The collectors are services of
 * this process, with mutual TLS, that repeat what a real collector said of ten real tasks. Prints one line of JSON.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { GetControllerStatusResponse__Output as Status } from '../../shared/rpc/gen/wca/v1/GetControllerStatusResponse.ts';
import { loadContract } from '../../shared/rpc/proto.ts';
import { TestAuthority } from '../kit/certificates.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { makeBenchCgroups } from './bench-cgroups.ts';
import { RecordedCollectors, type Sample, takeSample } from './recorded-collectors.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '10,100,300' },
    tasks: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '15' },
  },
});

const controllerMain = fileURLToPath(new URL('../../controller/main.js', import.meta.url));
const contract = loadContract();
/** The just-in-time compiler needs some iterations before the figures are those of a long run. */
const warmUpSeconds = 10;
const scrapeSeconds = 5;

async function sampleHost(tasks: number): Promise<Sample> {
  const cgroups = makeBenchCgroups(tasks, false);
  const collector = await CollectorProcess.start();
  try {
    return await takeSample(collector.client(), cgroups.paths, 5);
  } finally {
    await collector.stop();
    await cgroups.remove();
  }
}

/** CPU of a process so far, ms. */
function cpuMs(pid: number): number {
  const [, , , , , , , , , , , , user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/\(.*\)/, 'x')
    .split(' ');
  return (Number(user) + Number(system)) * 10;
}

function rssMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

interface Figures {
  readonly nodes: number;
  readonly cpuMsANodeAndIteration: number;
  readonly rssMb: number;
  /** Iterations that were due and were not made, over all nodes, and snapshots the controller was too slow for. */
  readonly missed: number;
  readonly lost: number;
}

async function measure(nodes: number, sample: Sample, authority: TestAuthority): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'wca-fleet-'));
  const collectors = await RecordedCollectors.start(nodes, { sample, contract, authority });
  const port = 20_000 + (process.pid % 20_000);
  const config = join(folder, 'config.yaml');
  const entries = collectors.addresses.map((address, i) => `  - {name: node${i}, address: "${address}"}`);
  writeFileSync(
    config,
    `collectors:\n${entries.join('\n')}
runner: !MeasurementRunner
  node: !CgroupNode {include_empty: true}
  interval: 1
  event_names: [default]
  enable_derived_metrics: true
  metrics_storage: !PrometheusStorage {port: ${port}, max_series: 10000000}\n`,
    { mode: 0o600 },
  );
  const { certPath, keyPath } = authority.issue('wca-controller');
  const admin = `unix:${join(folder, 'admin.sock')}`;
  const tls = ['--tls-ca', authority.caPath, '--tls-cert', certPath, '--tls-key', keyPath];
  const options = ['-c', config, '--root', '--admin', admin, '-l', 'error', ...tls];
  const child = spawn(process.execPath, ['--max-semi-space-size=1', controllerMain, ...options], { stdio: 'inherit' });
  const pid = child.pid ?? 0;
  const client = contract.createControllerClient(admin);
  const status = (): Promise<Status> =>
    new Promise((resolve, reject) => {
      client.getStatus({}, (error, reply) => (reply === undefined ? reject(error) : resolve(reply)));
    });
  try {
    for (let i = 0; ; i += 1) {
      const found = await status().catch(() => undefined);
      if (found?.collectors.length === nodes && found.collectors.every(({ tasks }) => tasks > 0)) break;
      if (i > 240) throw new Error('not all nodes are measured after a minute');
      await sleep(250);
    }
    await sleep(warmUpSeconds * 1000);
    const rounds = Number(values.rounds);
    const [before, cpuBefore, startMs] = [await status(), cpuMs(pid), performance.now()];
    for (let second = 0; second < rounds; second += 1) {
      await sleep(startMs + (second + 1) * 1000 - performance.now());
      if (second % scrapeSeconds === 0) await (await fetch(`http://127.0.0.1:${port}/metrics`)).arrayBuffer();
    }
    const [after, cpu, seconds] = [await status(), cpuMs(pid) - cpuBefore, (performance.now() - startMs) / 1000];
    const iterations = after.iterations - before.iterations;
    const lostOf = ({ collectors: all }: Status): number => all.reduce((sum, { lost }) => sum + lost, 0);
    return {
      nodes,
      cpuMsANodeAndIteration: cpu / iterations,
      rssMb: rssMb(pid),
      missed: Math.max(0, Math.round(nodes * Math.floor(seconds)) - iterations),
      lost: lostOf(after) - lostOf(before),
    };
  } finally {
    client.close();
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    collectors.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const authority = new TestAuthority();
try {
  const tasks = Number(values.tasks);
  const sample = await sampleHost(tasks);
  const figures: Figures[] = [];
  for (const nodes of values.nodes.split(',').map(Number)) {
    process.stderr.write(`measuring a controller that follows ${nodes} collectors of ${tasks} tasks …\n`);
    figures.push(await measure(nodes, sample, authority));
  }
  process.stdout.write(`${JSON.stringify({ tasks, figures })}\n`);
} finally {
  authority.remove();
}
process.exit(0);
