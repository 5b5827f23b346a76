import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Allocations, WatchResponse } from '../../../../shared/rpc/watch-messages.ts';
import { type FakeClient, WatchBench } from '../../../kit/watch-bench.ts';

function framesOf(client: FakeClient): readonly Allocations[] {
  return client.responses.flatMap((response: WatchResponse) =>
    response.kind === 'allocations' ? [response.allocations] : [],
  );
}

/** Of the newest frame, by row. */
function quotasOf(client: FakeClient): readonly (string | undefined)[] {
  return (
    framesOf(client)
      .at(-1)
      ?.targets.map(({ values }) => values[0]?.raw) ?? []
  );
}

function benchOf(...paths: readonly string[]): WatchBench {
  const bench = new WatchBench();
  paths.forEach((path, i) => {
    bench.host.add(path);
    bench.allocations.set(path, 1_000 * (i + 1));
  });
  return bench;
}

const asked = { currentAllocations: true };

test('what is allocated comes before the first snapshot, and who does not ask gets none', async () => {
  const bench = benchOf('/a', '/b');
  const client = bench.subscribe(asked);
  const other = bench.subscribe();
  client.update(['/a', '/missing', '/b']);
  other.update(['/a']);
  await bench.settle();
  assert.deepEqual(client.kinds, ['schema', 'roster', 'allocations', 'snapshot']);
  assert.deepEqual(quotasOf(client), ['1000 100000', undefined, '2000 100000']);
  const [frame] = framesOf(client);
  assert.deepEqual([frame?.id, frame?.rosterId, client.last.allocationsId], [1, 1, 1]);
  assert.deepEqual([frame?.targets[0]?.identity, frame?.targets[1]?.identity], [5n, 0n]);
  assert.deepEqual(other.kinds, ['schema', 'roster', 'snapshot']);
  assert.equal(other.last.allocationsId, 0);
});

test('nothing is sent again while nothing changes', async () => {
  const bench = benchOf('/a', '/b');
  const client = bench.subscribe(asked);
  client.update(['/a', '/b']);
  for (let i = 0; i < 12; i += 1) await bench.advance(1_000);
  assert.equal(framesOf(client).length, 1);
  assert.equal(client.last.allocationsId, 1);
});

test('what the collector wrote shows in the next snapshot', async () => {
  const bench = benchOf('/a', '/b');
  const client = bench.subscribe(asked);
  client.update(['/a', '/b']);
  await bench.advance(1_000);
  bench.allocations.reads.splice(0);
  bench.allocations.set('/b', 7_000);
  bench.allocations.revisions.set('/b', 1);
  bench.sampler.wake();
  await bench.settle();
  assert.deepEqual(bench.allocations.reads, ['/b']);
  await bench.advance(1_000);
  assert.deepEqual(quotasOf(client), ['1000 100000', '7000 100000']);
  assert.equal(client.last.allocationsId, 2);
});

test('each target is looked at every five seconds, a part of them at a time', async () => {
  const paths = Array.from({ length: 100 }, (_, i) => `/t${i}`);
  const bench = benchOf(...paths);
  const client = bench.subscribe(asked);
  client.update(paths);
  await bench.settle();
  const most: number[] = [];
  bench.allocations.reads.splice(0);
  const seen = new Set<string>();
  for (let i = 0; i < 6; i += 1) {
    await bench.advance(1_000);
    const reads = bench.allocations.reads.splice(0);
    most.push(reads.length);
    for (const path of reads) seen.add(path);
  }
  assert.equal(seen.size, 100);
  assert.ok(Math.max(...most.slice(1)) <= 25, most.join(' '));
});

test('a change by somebody else is told within five seconds', async () => {
  const bench = benchOf('/a', '/b', '/c');
  const client = bench.subscribe(asked);
  client.update(['/a', '/b', '/c']);
  await bench.settle();
  bench.allocations.set('/c', 9_000);
  for (let i = 0; i < 6; i += 1) await bench.advance(1_000);
  assert.equal(quotasOf(client)[2], '9000 100000');
});

test('between snapshots a minute apart changes are looked for too', async () => {
  const bench = benchOf('/a');
  const client = bench.subscribe({ ...asked, intervalMs: 60_000 });
  client.update(['/a']);
  await bench.settle();
  bench.allocations.reads.splice(0);
  for (let i = 0; i < 20; i += 1) await bench.advance(1_000);
  assert.ok(bench.allocations.reads.length >= 3, `${bench.allocations.reads.length} readings in 20 s`);
});

test('another set of targets is told with its roster', async () => {
  const bench = benchOf('/a', '/b');
  const client = bench.subscribe(asked);
  client.update(['/a']);
  await bench.advance(1_000);
  client.update(['/b'], ['/a']);
  await bench.advance(1_000);
  const frame = framesOf(client).at(-1);
  assert.equal(frame?.rosterId, client.last.rosterId);
  assert.deepEqual(quotasOf(client), ['2000 100000']);
});

test('subscribers share the readings, and who leaves ends his', async () => {
  const bench = benchOf('/a');
  const clients = [bench.subscribe(asked), bench.subscribe(asked)];
  for (const client of clients) client.update(['/a']);
  await bench.settle();
  assert.deepEqual(bench.allocations.reads, ['/a']);
  for (const { subscriber } of clients) if (subscriber !== undefined) bench.sampler.unsubscribe(subscriber);
  await bench.settle();
  bench.allocations.reads.splice(0);
  const late = bench.subscribe();
  late.update(['/a']);
  for (let i = 0; i < 8; i += 1) await bench.advance(1_000);
  assert.deepEqual(bench.allocations.reads, []);
});

test('a path that may not be is not read', async () => {
  const bench = benchOf('/a');
  const client = bench.subscribe(asked);
  client.update(['/a', '/../etc']);
  await bench.settle();
  assert.deepEqual(bench.allocations.reads, ['/a']);
  assert.deepEqual(quotasOf(client), ['1000 100000', undefined]);
});

test('a reader that throws is told as trouble and sampling goes on', async () => {
  const bench = benchOf('/a');
  bench.allocations.begin = () => {
    throw new Error('a bug');
  };
  const client = bench.subscribe();
  client.update(['/a']);
  const asking = bench.subscribe(asked);
  asking.update(['/a']);
  await bench.advance(1_000);
  assert.ok(bench.troubles.length > 0);
  assert.ok(client.snapshots.length >= 2);
});
