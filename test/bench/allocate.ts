/**
 * `npm run bench -- --allocate`: what it costs to give 1000 tasks three values each, beside a C program that writes the
 * same texts into the same files and does nothing else. Prints one line of JSON.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AllocateResponse__Output } from '../../shared/rpc/gen/wca/v1/AllocateResponse.ts';
import type { CollectorClient } from '../../shared/rpc/proto.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { median } from './figures.ts';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    floor: { type: 'string' },
  },
});

const mount = '/sys/fs/cgroup';
const parent = `/wca-test-allocate-${process.pid}`;
const controllers = ['cpu', 'cpuset'];
const wishes = [
  { file: 'cpu/PATH/cpu.cfs_quota_us', text: '50000', original: '-1' },
  { file: 'cpu/PATH/cpu.shares', text: '512', original: '1024' },
  { file: 'cpuset/PATH/cpuset.cpus', text: '0', original: '' },
];

/** Cgroups of v1, where the three values are in three files. */
function makeCgroups(count: number): readonly string[] {
  const paths = [parent, ...Array.from({ length: count }, (_, i) => `${parent}/t${i}`)];
  for (const path of paths) {
    for (const controller of controllers) mkdirSync(join(mount, controller, path));
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      writeFileSync(join(mount, 'cpuset', path, file), readFileSync(join(mount, 'cpuset', file)));
    }
  }
  return paths.slice(1);
}

function removeCgroups(paths: readonly string[]): void {
  for (const path of [...paths, parent]) for (const name of controllers) rmdirSync(join(mount, name, path));
}

/** Wall time in ms that the C program takes for the values; the originals are written after it. */
function measureFloor(program: string, paths: readonly string[], options: readonly string[]): number {
  const cpus = readFileSync(join(mount, 'cpuset', parent, 'cpuset.cpus'), 'utf8').trim();
  const lines = (textOf: (wish: (typeof wishes)[number]) => string): string =>
    paths
      .flatMap((path) =>
        wishes.map((wish) => `${join(mount, wish.file.replace('PATH', path))}\t${textOf(wish) || cpus}\n`),
      )
      .join('');
  const run = (input: string): number => {
    const { status, stdout } = spawnSync(program, options, {
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(`the floor program ended with status ${status}`);
    return Number(stdout.split(' ')[1]);
  };
  const forward = run(lines(({ text }) => text));
  run(lines(({ original }) => original));
  return forward;
}

function allocate(client: CollectorClient, paths: readonly string[]): Promise<AllocateResponse__Output> {
  const targets = paths.map((path) => ({
    target: { id: path, cgroupPath: path, childCgroupPaths: [] },
    identity: 0,
    values: [
      { cpuQuota: { quotaUs: 50_000, periodUs: 100_000 } },
      { cpuShares: { shares: 512, conversion: 'kernel' } },
      { cpusetCpus: '0' },
    ],
  }));
  return new Promise((resolve, reject) => {
    client.allocate({ requestId: 'bench', targets }, (error, reply) => {
      if (error === null && reply !== undefined) resolve(reply);
      else reject(error ?? new Error('no answer'));
    });
  });
}

function restoreAll(client: CollectorClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.restore({ all: true, requestId: 'bench' }, (error) => (error === null ? resolve() : reject(error)));
  });
}

function outcomesOf(reply: AllocateResponse__Output): ReadonlySet<string> {
  return new Set(reply.results.flatMap(({ values: of }) => of.map(({ outcome }) => outcome)));
}

async function measure(client: CollectorClient, paths: readonly string[], rounds: number) {
  const first: number[] = [];
  const again: number[] = [];
  const back: number[] = [];
  const bare: number[] = [];
  const safe: number[] = [];
  const time = async <T>(into: number[], work: () => Promise<T>): Promise<T> => {
    const startMs = performance.now();
    const result = await work();
    into.push(performance.now() - startMs);
    return result;
  };
  for (let round = 0; round < rounds + 1; round += 1) {
    const applied = outcomesOf(await time(first, () => allocate(client, paths)));
    const unchanged = outcomesOf(await time(again, () => allocate(client, paths)));
    if (!applied.has('OUTCOME_APPLIED') || applied.size > 1 || unchanged.size > 1) {
      throw new Error(`not applied: ${[...applied].join()}; ${[...unchanged].join()}`);
    }
    await time(back, () => restoreAll(client));
    if (values.floor === undefined) continue;
    bare.push(measureFloor(values.floor, paths, []));
    safe.push(measureFloor(values.floor, paths, ['--safe']));
  }
  // The first round is the just-in-time compiler's.
  return {
    firstEverMs: first[0],
    applyMs: median(first.slice(1)),
    unchangedMs: median(again.slice(1)),
    restoreMs: median(back.slice(1)),
    floor: bare.length === 0 ? undefined : { bareMs: median(bare.slice(1)), safeMs: median(safe.slice(1)) },
  };
}

if (!existsSync(join(mount, 'cpuset', 'cpuset.cpus')) || !existsSync(join(mount, 'cpu', 'cpu.shares'))) {
  throw new Error('this bench needs cgroup v1 with cpu and cpuset');
}
const folder = mkdtempSync(join(tmpdir(), 'wca-bench-allocate-'));
const paths = makeCgroups(Number(values.tasks));
try {
  const collector = await CollectorProcess.start({
    folder,
    nodeFlags: ['--max-semi-space-size=1'],
    args: ['--allocate-below', parent, '--ledger', join(folder, 'ledger')],
  });
  try {
    const figures = await measure(collector.client(), paths, Number(values.rounds));
    process.stdout.write(`${JSON.stringify({ tasks: paths.length, ...figures })}\n`);
  } finally {
    await collector.stop();
  }
} finally {
  removeCgroups(paths);
  rmSync(folder, { recursive: true, force: true });
}
