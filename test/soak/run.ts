/**
 * `npm run soak [-- --minutes 30 --births 50 --without-kills]`: the agent on this host for a while, with tasks born and dying, subscribers
 * that join and leave, allocations that change, and processes that are killed. Ends with a report; exit status 1 when
 * something was left behind, lost, or grew. Needs root and cgroups.
 */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AllocationClient } from '../kit/allocation-client.ts';
import { TestCgroups } from '../kit/cgroups.ts';
import { WatchStream } from '../kit/watch-stream.ts';
import { SoakAgent } from './agent.ts';
import { Churn } from './churn.ts';
import { type Figures, findGrowth, formatReport } from './report.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    births: { type: 'string', default: '50' },
    'without-kills': { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const births = Number(values.births);
if (!(minutes > 0) || !(births > 0)) throw new Error('--minutes and --births are numbers above 0');
const stableTasks = 20;
const faultEveryMs = 30_000;

const cgroups = TestCgroups.make((reason) => {
  process.stderr.write(`soak: ${reason}\n`);
});
if (cgroups === undefined) process.exit(2);
const folder = mkdtempSync(join(tmpdir(), 'wca-soak-'));
const stable = Array.from({ length: stableTasks }, (_, i) => cgroups.add(`stable-${i}`));
const sharesOf = (path: string): string => cgroups.file(path, 'cpu.shares') ?? cgroups.file(path, 'cpu.weight') ?? '';
const read = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8').trim() : 'absent');
// Each its own original, so that one that is put back in the place of another shows.
for (const [i, path] of stable.entries()) writeFileSync(sharesOf(path), String(100 + i));
const originals = stable.map((path) => read(sharesOf(path)));

const agent = await SoakAgent.start({ folder, root: cgroups.root });
const churn = new Churn(cgroups);
const figures: Figures[] = [];
const failures: string[] = [];
const counts = { subscribers: 0, allocations: 0, kills: 0 };
const endMs = performance.now() + minutes * 60_000;
const isOver = (): boolean => performance.now() >= endMs;

/** What fails while a process is being killed is expected; what fails otherwise is counted. */
async function attempt(work: () => Promise<unknown>): Promise<void> {
  const before = agent.restarts;
  try {
    await work();
  } catch (thrown) {
    if (agent.restarts === before && !killing) failures.push(String(thrown).slice(0, 300));
  }
}

let killing = false;

async function subscribe(): Promise<void> {
  while (!isOver()) {
    await attempt(async () => {
      const client = agent.collector.client();
      const stream = new WatchStream(client, { intervalMs: 200, currentAllocations: Math.random() < 0.5 });
      stream.update(stable.filter(() => Math.random() < 0.5));
      counts.subscribers += 1;
      await sleep(200 + Math.random() * 2000);
      stream.call.cancel();
      client.close();
    });
    await sleep(100);
  }
}

async function allocate(): Promise<void> {
  while (!isOver()) {
    await attempt(async () => {
      const client = agent.collector.client();
      try {
        const allocation = new AllocationClient(client);
        const path = stable[Math.floor(Math.random() * stable.length)] ?? '';
        const shares = 2 + Math.floor(Math.random() * 1000);
        const lease = Math.random() < 0.5 ? { lease: { id: `soak-${shares}`, ttlMs: 1000 } } : {};
        await allocation.allocate([{ path, values: [{ type: 'cpu_shares', shares, conversion: 'kernel' }] }], lease);
        if (Math.random() < 0.1) await allocation.restore({ cgroupPaths: [path] });
        counts.allocations += 1;
      } finally {
        client.close();
      }
    });
    await sleep(100);
  }
}

async function injectFaults(): Promise<void> {
  for (let round = 0; !isOver(); round += 1) {
    await sleep(Math.min(faultEveryMs, Math.max(0, endMs - performance.now())));
    if (isOver()) return;
    killing = true;
    if (round % 2 === 0) await agent.killController();
    else await agent.killCollector();
    counts.kills += 1;
    await sleep(2000);
    killing = false;
  }
}

async function observe(): Promise<void> {
  while (!isOver()) {
    await sleep(5000);
    await attempt(async () => {
      const { usage, descriptors, sampler, subscribers } = await agent.collector.status();
      const controller = await agent.controller.status();
      figures.push({
        secondsSinceStart: controller.uptimeSeconds,
        restarts: agent.restarts,
        collectorRssBytes: usage?.rssBytes ?? 0,
        controllerRssBytes: controller.usage?.rssBytes ?? 0,
        descriptors: descriptors?.open ?? 0,
        subscribers: subscribers.length,
        tasks: controller.tasks,
        overruns: Number(sampler?.overruns ?? 0),
        errors: controller.errorCounts.map(({ code, source, count }) => `${code} ${source} ${count}`),
      });
      const last = figures.at(-1);
      process.stderr.write(
        `soak: ${((performance.now() - (endMs - minutes * 60_000)) / 1000).toFixed(0)} s, ${churn.born} born, ${last?.tasks} tasks, ${last?.descriptors} descriptors, collector ${((last?.collectorRssBytes ?? 0) / 2 ** 20).toFixed(0)} MB, controller ${((last?.controllerRssBytes ?? 0) / 2 ** 20).toFixed(0)} MB\n`,
      );
    });
  }
}

churn.start(births);
const faults = values['without-kills'] ? Promise.resolve() : injectFaults();
await Promise.all([subscribe(), subscribe(), allocate(), faults, observe()]);
await churn.stop();
await sleep(1000);
const client = agent.collector.client();
await agent.controller.stop(); // else it would allocate again
const restored = await new AllocationClient(client).restore({ all: true, force: true });
const left = (await new AllocationClient(client).list()).allocations.length;
client.close();
const final = await agent.collector.status();
const collectorExit = await agent.collector.stop();
const wrong = stable.flatMap((path, i) => {
  const now = read(sharesOf(path));
  return now === originals[i] ? [] : [`${path}: ${now}, was ${originals[i]}`];
});
const problems = [
  ...failures.map((text) => `failed: ${text}`),
  ...wrong.map((text) => `not restored: ${text}`),
  ...(left === 0 ? [] : [`${left} allocations are remembered after the restore of all ${restored.length}`]),
  ...(final.subscribers.length === 0 ? [] : [`${final.subscribers.length} subscribers are left`]),
  ...(collectorExit === 0 ? [] : [`the collector ended with ${collectorExit}`]),
  ...(churn.born === churn.died ? [] : [`${churn.born - churn.died} cgroups of tasks are left`]),
  ...(existsSync(join(folder, 'collector.sock')) ? ['the socket is left'] : []),
  ...findGrowth(figures),
];
cgroups.remove();
process.stdout.write(formatReport({ figures, counts: { ...counts, born: churn.born, died: churn.died }, problems }));
process.exitCode = problems.length === 0 ? 0 : 1;
process.exit();
