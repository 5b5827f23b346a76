import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AllocationValue } from '../../shared/allocation/values.ts';
import { AllocationClient, type Wish } from '../kit/allocation-client.ts';
import { TestCgroups } from '../kit/cgroups.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess } from '../kit/controller-process.ts';

/**
 * `kill -9` of the collector at random moments while it allocates: WCA_KILLS moments (20 unless told), of the controller a
 * quarter as many; WCA_SEED to have the same ones again.
 */

const kills = Number(process.env['WCA_KILLS'] ?? 20);
const seed = Number(process.env['WCA_SEED'] ?? Date.now() % 100_000);
/** Kills until everything is restored by another collector. */
const perRestore = 4;

let reason = '';
const cgroups = TestCgroups.make((why) => {
  reason = why;
});
const sets = cgroups === undefined ? undefined : TestCgroups.makeCpuset(cgroups.root);
const hasV1 = cgroups?.file(cgroups.root, 'cpu.cfs_quota_us') !== undefined && sets !== undefined;
const skip = cgroups === undefined ? reason : !hasV1 && 'cpu and cpuset are not on cgroup v1 here (see test:vm)';
after(() => {
  sets?.remove();
  cgroups?.remove();
});

/** Numerical Recipes' generator: the same numbers from the same seed. */
function makeRandom(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const random = makeRandom(seed);
const pick = <T>(choices: readonly T[]): T => {
  const chosen = choices[Math.floor(random() * choices.length)];
  assert.ok(chosen !== undefined);
  return chosen;
};

interface Target {
  readonly path: string;
  readonly children: readonly string[];
}

function makeTargets(): readonly Target[] {
  return Array.from({ length: 6 }, (_, i) => {
    const children = i % 2 === 0 ? [] : ['a', 'b'].map((name) => `task${i}/${name}`);
    const [path = '', ...below] = [`task${i}`, ...children].map((name) => {
      sets?.add(name);
      return cgroups?.add(name) ?? '';
    });
    return { path, children: below };
  });
}

const files = ['cpu.cfs_quota_us', 'cpu.cfs_period_us', 'cpu.shares', 'cpuset.cpus', 'cpuset.mems'];

/** Everything that could have been changed, by path and file. */
function readAll(targets: readonly Target[]): ReadonlyMap<string, string> {
  const paths = targets.flatMap(({ path, children }) => [path, ...children]);
  return new Map(
    paths.flatMap((path) =>
      files.map((file) => {
        const found = cgroups?.file(path, file) ?? sets?.file(path, file);
        return [`${path} ${file}`, readFileSync(found ?? '', 'utf8').trim()] as const;
      }),
    ),
  );
}

function randomValues(): readonly AllocationValue[] {
  const quotaUs = random() < 0.2 ? undefined : pick([20_000, 50_000, 80_000]);
  const all: readonly AllocationValue[] = [
    { type: 'cpu_quota', quotaUs, periodUs: pick([50_000, 100_000]) },
    { type: 'cpu_shares', shares: pick([64, 512, 4096]), conversion: 'kernel' },
    { type: 'cpuset_cpus', ids: pick(['0', '1', '0-1']) },
  ];
  const chosen = all.filter(() => random() < 0.7);
  return chosen.length === 0 ? all : chosen;
}

/** Requests one after the other until the collector is gone. */
async function allocateUntilGone(client: AllocationClient, targets: readonly Target[]): Promise<number> {
  for (let requests = 0; ; requests += 1) {
    const wishes = targets.filter(() => random() < 0.8).map((target): Wish => ({ ...target, values: randomValues() }));
    try {
      const lease = random() < 0.3 ? { id: 'kill-test', ttlMs: 60_000 } : undefined;
      if (random() < 0.15) await client.restore({ all: true, force: true });
      else await client.allocate(wishes, { dryRun: random() < 0.1, ...(lease === undefined ? {} : { lease }) });
    } catch {
      return requests;
    }
  }
}

/** Which files differ from the originals and which of them no ledger entry knows. */
async function unknownChanges(
  client: AllocationClient,
  targets: readonly Target[],
  originals: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const { allocations } = await client.list();
  const known = new Map(allocations.map((record) => [record.file, record]));
  return [...readAll(targets)].flatMap(([file, text]) => {
    if (text === originals.get(file)) return [];
    const record = known.get(file);
    return record?.original === originals.get(file) && record?.target === text ? [] : [`${file} is ${text}`];
  });
}

test(`after kill -9 at ${kills} random moments every file is known, and gets its original value back (seed ${seed})`, {
  skip,
}, async (t) => {
  const ledger = mkdtempSync(join(tmpdir(), 'wca-ledger-'));
  t.after(() => rmSync(ledger, { recursive: true, force: true }));
  const targets = makeTargets();
  const originals = readAll(targets);
  const args = ['--ledger', ledger, '--allocate-below', cgroups?.root ?? ''];
  let requests = 0;
  let changed = 0;
  for (let kill = 1; kill <= kills; kill += 1) {
    const collector = await CollectorProcess.start({ args });
    const client = new AllocationClient(collector.client());
    // Half-done transactions of the one before were undone before it listened.
    assert.deepEqual(await unknownChanges(client, targets, originals), [], `kill ${kill - 1}`);
    const working = allocateUntilGone(client, targets);
    // From the middle of the first transaction to dozens of requests later.
    await sleep(random() ** 2 * 120);
    const closed = new Promise((resolve) => collector.child.once('close', resolve));
    collector.child.kill('SIGKILL');
    await closed;
    requests += await working;
    await collector.stop(); // its folder
    if ([...readAll(targets)].some(([file, text]) => text !== originals.get(file))) changed += 1;
    if (kill % perRestore !== 0 && kill !== kills) continue;
    const last = await CollectorProcess.start({ args });
    const restorer = new AllocationClient(last.client());
    const results = await restorer.restore({ all: true });
    const errors = results.flatMap(({ error, values }) => [error, ...values.map((value) => value.error)]);
    assert.deepEqual(
      errors.filter((error) => error !== undefined),
      [],
    );
    assert.deepEqual([...readAll(targets)], [...originals], `kill ${kill}`);
    assert.deepEqual((await restorer.list()).allocations, []);
    await last.stop();
  }
  t.diagnostic(`${requests} requests, ${changed} of ${kills} kills with values changed`);
  assert.ok(changed > 0);
});

const controllerKills = Math.ceil(kills / 4);

test(`a controller killed at ${controllerKills} random moments leaves nothing behind once its lease has ended`, {
  skip,
}, async (t) => {
  const ledger = mkdtempSync(join(tmpdir(), 'wca-ledger-'));
  t.after(() => rmSync(ledger, { recursive: true, force: true }));
  const targets = makeTargets();
  const originals = readAll(targets);
  const isRestored = (): boolean => [...readAll(targets)].every(([file, text]) => text === originals.get(file));
  const collector = await CollectorProcess.start({
    args: ['--ledger', ledger, '--allocate-below', cgroups?.root ?? ''],
  });
  t.after(() => collector.stop());
  let changed = 0;
  for (let kill = 1; kill <= controllerKills; kill += 1) {
    const controller = new ControllerProcess({
      collector: collector.socket,
      config: [
        'runner: !AllocationRunner',
        '  measurement_runner: !MeasurementRunner',
        '    interval: 0.1',
        `    node: !StaticNode {tasks: [${targets.map(({ path }) => path.slice(1)).join(', ')}]}`,
        '    metrics_storage: !LogStorage {output_filename: metrics.prom, overwrite: true}',
        '    allocation_configuration: !AllocationConfiguration {cpu_quota_period: 100000}',
        `  allocator: !StaticAllocator {rules: [{allocations: {cpu_quota: ${pick(['0.5', '0.8'])}, cpu_shares: 0.3, cpuset_cpus: "0"}}]}`,
        '  allocations_storage: !LogStorage {output_filename: allocations.prom, overwrite: true}',
        '  anomalies_storage: !LogStorage {output_filename: anomalies.prom, overwrite: true}',
        '  lease_seconds: 1',
        '',
      ].join('\n'),
    });
    // Half of the moments are before or in the first allocation, half after it.
    if (random() < 0.5) await controller.until(isRestored, (restored) => !restored);
    else
      await controller.until(
        () => controller.log,
        (log) => log.includes('controller started'),
      );
    await sleep(random() * 300);
    if (!isRestored()) changed += 1;
    await controller.stop('SIGKILL');
    for (let waited = 0; !isRestored(); waited += 1) {
      assert.ok(waited < 100, `kill ${kill}: ${JSON.stringify([...readAll(targets)])}`);
      await sleep(100);
    }
    await collector.statusWhere(({ leases, allocations }) => leases.length === 0 && allocations === 0);
  }
  t.diagnostic(`${changed} of ${controllerKills} kills with values changed`);
  assert.ok(changed > 0);
});
