import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourcePlan } from '../../../../collector/watch/ports.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { FakeSource } from '../../../kit/fake-source.ts';
import { columnIntegerAt } from '../../../kit/rows.ts';
import { type FakeClient, WatchBench } from '../../../kit/watch-bench.ts';

/** Value of a column in the last snapshot, by metric. */
function shown(client: FakeClient, metric: string, row = 0): bigint | undefined {
  const { platform, target } = client.schemas.at(-1) ?? { platform: [], target: [] };
  const place = target.findIndex((column) => column.metric === metric);
  if (place >= 0) return columnIntegerAt(client.last.targets[place], row);
  return columnIntegerAt(client.last.platform[platform.findIndex((column) => column.metric === metric)], 0);
}

test('a source adds its columns to the platform and to every target', async () => {
  const bench = new WatchBench();
  bench.host.add('/a');
  bench.host.add('/b');
  const source = new FakeSource();
  const client = bench.subscribe({}, [source.plan('fake')]);
  client.update(['/a', '/b']);
  await bench.settle();
  await bench.advance(1000);
  assert.equal(shown(client, 'platform_fake'), 2n);
  assert.equal(shown(client, 'task_fake', 0), 2n);
  assert.equal(shown(client, 'task_fake', 1), 2n);
  assert.ok(client.last.steps.some(({ name }) => name === 'fake'));
});

test('subscribers with the same setting share a source and its readings', async () => {
  const bench = new WatchBench();
  bench.host.add('/a');
  const source = new FakeSource();
  const one = bench.subscribe({}, [source.plan('same')]);
  const other = bench.subscribe({}, [source.plan('same')]);
  one.update(['/a']);
  other.update(['/a']);
  await bench.settle();
  source.log.length = 0;
  await bench.advance(1000);
  assert.deepEqual(source.log, ['platform', 'read /a', 'after']);
  one.leave();
  await bench.settle();
  assert.deepEqual(source.log.slice(3), [], 'the other one still needs it');
  other.leave();
  await bench.settle();
  assert.deepEqual(source.log.slice(3), ['close /a', 'close']);
});

test('a target with other containers is another reading, and the old one is closed after the new one is open', async () => {
  const bench = new WatchBench();
  const source = new FakeSource();
  const client = bench.subscribe({}, [source.plan('fake')]);
  client.update([{ id: 'pod', cgroupPath: '/pod', childCgroupPaths: ['/pod/c1'] }]);
  await bench.settle();
  client.update([{ id: 'pod', cgroupPath: '/pod', childCgroupPaths: ['/pod/c1', '/pod/c2'] }]);
  await bench.settle();
  const opened = source.log.filter((entry) => entry.startsWith('open') || entry.startsWith('close'));
  assert.deepEqual(opened, ['open /pod /pod/c1', 'open /pod /pod/c1 /pod/c2', 'close /pod /pod/c1']);
});

test('a target that is not measured has no values of the source', async () => {
  const bench = new WatchBench();
  const client = bench.subscribe({}, [new FakeSource().plan('fake')]);
  client.update(['/nowhere', '/../refused']);
  await bench.settle();
  assert.equal(shown(client, 'task_fake', 0), undefined);
  assert.equal(shown(client, 'task_fake', 1), undefined);
});

test("problems of a reading are the target's", async () => {
  const bench = new WatchBench();
  bench.host.add('/a');
  const source = new FakeSource();
  source.problems.push(new WcaError('PERMISSION', { subject: '/a', message: 'no' }));
  const client = bench.subscribe({}, [source.plan('fake')]);
  client.update(['/a']);
  await bench.settle();
  assert.deepEqual(
    client.last.errors.map(({ row, error }) => `${row} ${error.code}`),
    ['0 PERMISSION'],
  );
});

test('other columns, and reasons that change, make another schema', async () => {
  const bench = new WatchBench();
  const source = new FakeSource();
  const client = bench.subscribe({}, [source.plan('fake')]);
  client.update([]);
  await bench.advance(1000);
  await bench.advance(1000);
  assert.equal(client.schemas.length, 1);
  source.platformColumns = [
    ...source.platformColumns,
    { metric: 'platform_more', labels: {}, kind: 'u64', divisor: 1 },
  ];
  await bench.advance(1000);
  assert.equal(client.schemas.length, 2);
  assert.notEqual(shown(client, 'platform_more'), undefined);
  source.notes = [new WcaError('FEATURE_ABSENT', { subject: 'x', message: 'mind' })];
  await bench.advance(1000);
  assert.deepEqual(
    client.schemas.at(-1)?.notes.map(({ message }) => message),
    ['mind'],
  );
});

test('what a host cannot do is told in the schema, or refused when it is required', async () => {
  const bench = new WatchBench();
  const absent = new WcaError('FEATURE_ABSENT', { subject: 'rdt', message: 'not mounted', remedy: 'mount it' });
  const source = new FakeSource();
  source.unavailable = [absent];
  const client = bench.subscribe({}, [source.plan('fake')]);
  client.update([]);
  await bench.settle();
  assert.deepEqual(
    client.schemas[0]?.unavailable.map(({ remedy }) => remedy),
    ['mount it'],
  );
  const refused = new FakeSource();
  refused.unavailable = [absent];
  assert.throws(() => bench.subscribe({}, [refused.plan('other', true)]), { message: 'not mounted' });
  assert.deepEqual(refused.log, ['close']);
});

test('of two settings that spoil each other the later one is unavailable, until the first is gone', async () => {
  const bench = new WatchBench();
  const plan = (key: string): SourcePlan => ({ ...new FakeSource().plan(key), exclusive: true });
  const first = bench.subscribe({}, [plan('wss 1')]);
  const same = bench.subscribe({}, [plan('wss 1')]);
  const other = bench.subscribe({}, [plan('wss 2')]);
  for (const client of [first, same, other]) client.update([]);
  await bench.settle();
  assert.deepEqual(
    [first, same, other].map((client) => client.schemas[0]?.unavailable.map(({ code }) => code)),
    [[], [], ['LIMIT_REACHED']],
  );
  for (const client of [first, same, other]) client.leave();
  await bench.settle();
  const later = bench.subscribe({}, [plan('wss 2')]);
  later.update([]);
  await bench.settle();
  assert.deepEqual(later.schemas[0]?.unavailable, []);
});
