import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { planLineRepair } from '../../../../../collector/apply/rdt/repair.ts';
import { RdtAllocationBench } from '../../../../kit/rdt-allocation-bench.ts';

function makeBench(t: TestContext, options?: ConstructorParameters<typeof RdtAllocationBench>[0]): RdtAllocationBench {
  const bench = new RdtAllocationBench(options);
  t.after(async () => {
    await bench.keeper.stop();
    bench.remove();
  });
  return bench;
}

function setCpu(bench: RdtAllocationBench, online: boolean): void {
  const folder = join(bench.fake.roots.sysfs, 'devices/system/cpu/cpu2/cache');
  if (online) mkdirSync(folder, { recursive: true });
  else rmSync(folder, { recursive: true });
}

test('threads that came from elsewhere are brought in, those of others are not touched', async (t) => {
  const bench = makeBench(t);
  const { fake, keeper } = bench;
  fake.addThread('/a');
  const other = fake.addThread('/b');
  await bench.allocate({ path: '/a' });
  await keeper.keep();
  const [entered, forked] = [fake.addThread('/a/exec'), fake.addThread('/a', 101)];
  assert.deepEqual(
    [entered, forked, other].map((id) => fake.at(id)),
    ['/', '/a', '/'],
  );
  await keeper.keep();
  assert.deepEqual(
    [entered, forked, other].map((id) => fake.at(id)),
    ['/a', '/a', '/'],
  );
  assert.deepEqual(
    bench.kept.map(({ path, before, after }) => [path, before, after]),
    [['/a', '1 threads elsewhere', 'a']],
  );
  fake.log.length = 0;
  await keeper.keep();
  assert.deepEqual(fake.log, []);
});

test('a target whose threads somebody moved stays where it is; one that began anew is brought in', async (t) => {
  const bench = makeBench(t);
  const { fake, keeper } = bench;
  const first = fake.addThread('/a');
  await bench.allocate({ path: '/a' });
  await keeper.keep();
  fake.place(first, { control: '', monitoring: '' });
  await keeper.keep();
  const later = fake.addThread('/a');
  await keeper.keep();
  assert.deepEqual([fake.at(first), fake.at(later)], ['/', '/']);
  fake.endThread(first);
  await keeper.keep();
  assert.equal(fake.at(later), '/a');
});

test('what is held is left; a target without threads gets them when they come', async (t) => {
  const bench = makeBench(t);
  const { fake, keeper } = bench;
  fake.addCgroup('/a');
  await bench.allocate({ path: '/a' });
  bench.rest('/a', true);
  const id = fake.addThread('/a');
  await keeper.keep();
  assert.equal(fake.at(id), '/');
  bench.rest('/a', false);
  await keeper.keep();
  assert.equal(fake.at(id), '/a');
});

test('a domain that came back is set again, one that somebody changed is not', async (t) => {
  const bench = makeBench(t);
  const { fake, keeper } = bench;
  setCpu(bench, true);
  fake.addThread('/a');
  fake.addThread('/b');
  await bench.allocate({ path: '/a', lines: ['L3:0=f;1=f', 'MB:1=50'] }, { path: '/b', lines: ['L3:0=f;1=f'] });
  await keeper.keep();
  setCpu(bench, false);
  fake.setDomains([0]);
  await keeper.keep();
  assert.deepEqual(fake.schemata.lines('a'), ['MB:0=100', 'L3:0=00f']);
  setCpu(bench, true);
  fake.setDomains([0, 1]);
  fake.schemata.write('b', 'L3:0=3\n');
  await keeper.keep();
  assert.deepEqual(fake.schemata.lines('a'), ['MB:0=100;1= 50', 'L3:0=00f;1=00f']);
  assert.deepEqual(fake.schemata.lines('b')[1], 'L3:0=003;1=7ff');
  assert.deepEqual(
    bench.kept.map(({ knob, after }) => [knob.kind, after]),
    [
      ['rdt-line', '0=f;1=f'],
      ['rdt-line', '0=100;1=50'],
    ],
  );
  fake.schemata.write('a', 'L3:0=7ff\n');
  await keeper.keep();
  assert.equal(fake.schemata.lines('a')[1], 'L3:0=7ff;1=00f', 'without a CPU that came or went it was somebody');
});

test('groups of cgroups that are gone are given back, those of a cgroup made anew are not', async (t) => {
  const bench = makeBench(t);
  const { fake, keeper } = bench;
  fake.addThread('/a');
  fake.addThread('/b');
  await bench.allocate({ path: '/a' }, { path: '/b' });
  fake.removeCgroup('/a');
  fake.removeCgroup('/b');
  fake.addThread('/b');
  await bench.allocate({ path: '/b' });
  await keeper.keep();
  assert.deepEqual(bench.groups, ['b']);
  assert.deepEqual(bench.troubles, []);
});

test('a refusal is told once; a machine that lost its mount is trouble', async (t) => {
  const bench = makeBench(t);
  const { fake, keeper } = bench;
  fake.addThread('/a');
  await bench.allocate({ path: '/a' });
  fake.addThread('/a');
  fake.fail = (call) => (call === 'write' ? 'EPERM' : undefined);
  await keeper.keep();
  await keeper.keep();
  assert.deepEqual(
    bench.kept.map(({ error }) => error?.code),
    ['PERMISSION'],
  );
  fake.write('proc/self/mountinfo', []);
  await keeper.keep();
  assert.equal(bench.troubles[0]?.code, 'FEATURE_ABSENT');
});

test('a keeper that was stopped does nothing any more', async (t) => {
  const bench = makeBench(t);
  bench.fake.addThread('/a');
  await bench.allocate({ path: '/a' });
  const id = bench.fake.addThread('/a');
  bench.keeper.start();
  await bench.keeper.stop();
  await bench.keeper.keep();
  bench.keeper.start();
  assert.equal(bench.fake.at(id), '/');
});

const repairs = [
  ['0=f;1=7ff', '0=f;1=f', '1=f'],
  ['0=7ff;1=7ff', '0=f;1=3', '0=f;1=3'],
  ['0=f;1=f', '0=f;1=f', undefined],
  ['0=f;1=1', '0=f;1=f', undefined],
  ['0=1;1=7ff', '0=f;1=f', undefined],
  ['0=f', '0=f;1=f', undefined],
  ['', '0=f', undefined],
  ['0=f;1=7ff', '0=f', undefined],
] as const;
for (const [current, written, expected] of repairs) {
  test(`${current} where ${written} was written: ${expected}`, () => {
    assert.equal(planLineRepair(current, written, '7ff'), expected);
  });
}
