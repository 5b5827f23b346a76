import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { pino } from 'pino';
import { WatchSession } from '../../../../controller/collectors/watch-session.ts';
import { toStatus } from '../../../../shared/errors/grpc-status.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { Episodes } from '../../../../shared/log/episodes.ts';
import { apiVersion } from '../../../../shared/rpc/version.ts';
import type { Target, WatchSpec } from '../../../../shared/rpc/watch-messages.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';
import { FakeCollector, settle } from '../../../kit/fake-collector.ts';
import { schemaOf, snapshotOf } from '../../../kit/snapshots.ts';

const schema = schemaOf([], []);
const targets = (...ids: readonly string[]): ReadonlyMap<string, Target> =>
  new Map(ids.map((id) => [id, { id, cgroupPath: `/${id}`, childCgroupPaths: [] }]));

async function setUp(t: TestContext, options: Partial<WatchSpec> = {}) {
  const client = new FakeCollector();
  const clock = new FakeClock();
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line).msg);
  const episodes = new Episodes(pino({ level: 'info' }, { write }), clock);
  const spec = { client: apiVersion, intervalMs: 1000, events: ['default'], perCpu: false, costlyEvery: 1, ...options };
  const session = new WatchSession(spec, { client, clock, episodes, random: () => 0 });
  const stop = new AbortController();
  const running = session.run(stop.signal);
  t.after(async () => {
    stop.abort();
    client.close();
    await running;
  });
  await settle();
  return { client, clock, episodes, session, spec, stop, running, lines };
}

const never = new AbortController().signal;

test('attaching says the spec first and the targets with rising revisions, differences only', async (t) => {
  const { client, session, spec } = await setUp(t);
  assert.deepEqual(client.stream.written, [{ kind: 'spec', spec }]);
  const first = session.setTargets(targets('a', 'b'));
  assert.equal(session.setTargets(targets('a', 'b')), first);
  const second = session.setTargets(targets('b', 'c'));
  const ids = client.stream.updates.map(({ upsert, remove }) => [upsert.map(({ id }) => id), remove]);
  assert.deepEqual(ids, [
    [['a', 'b'], []],
    [['c'], ['a']],
  ]);
  assert.deepEqual(
    client.stream.updates.map(({ revision }) => revision),
    [first, second],
  );
  assert.ok(second > first);
});

test('an empty set of targets is sent, for the collector begins with the first update', async (t) => {
  const { client, session } = await setUp(t);
  session.setTargets(new Map());
  assert.equal(client.stream.updates.length, 1);
});

test('only the newest snapshot is kept, and the replaced ones count as lost', async (t) => {
  const { client, session } = await setUp(t);
  for (const sequence of [1, 2, 3]) {
    client.stream.snapshot(schema, { ...snapshotOf({ rows: 0 }), sequence, lost: 4 }, { ids: [], revision: 1 });
  }
  assert.equal((await session.next(never))?.snapshot.sequence, 3);
  assert.deepEqual([session.status.snapshots, session.status.lost], [3, 6]);
});

test('next waits for a snapshot and gives up when told to', async (t) => {
  const { client, session } = await setUp(t);
  const waiting = session.next(never);
  client.stream.snapshot(schema, snapshotOf({ rows: 0 }), { ids: [], revision: 1 });
  assert.equal((await waiting)?.attachment, 1);
  const giveUp = new AbortController();
  const given = session.next(giveUp.signal);
  giveUp.abort();
  assert.equal(await given, undefined);
});

test('a snapshot of a schema or roster that did not come is not handed out', async (t) => {
  const { client, session } = await setUp(t);
  client.stream.respond({ kind: 'snapshot', snapshot: snapshotOf({ rows: 0 }) });
  assert.equal(session.status.snapshots, 0);
});

test('after a loss it attaches again, with all targets and a later revision, and says so once', async (t) => {
  const { client, clock, session, lines } = await setUp(t);
  const revision = session.setTargets(targets('a'));
  client.stream.snapshot(schema, snapshotOf({ rows: 1 }), { ids: ['a'], revision });
  assert.equal(session.status.state, 'attached');
  client.stream.fail(status.UNAVAILABLE, 'gone');
  await settle();
  assert.deepEqual([session.status.state, session.status.error?.code], ['waiting', 'UNAVAILABLE']);
  assert.equal(await session.next(AbortSignal.abort()), undefined);
  const later = session.setTargets(targets('a', 'b'));
  for (let attempt = 2; attempt <= 4; attempt += 1) {
    clock.advanceMs(10_000);
    await settle();
    assert.equal(client.streams.length, attempt);
    const [update] = client.stream.updates;
    assert.deepEqual(
      update?.upsert.map(({ id }) => id),
      ['a', 'b'],
    );
    assert.ok((update?.revision ?? 0) >= later);
    if (attempt < 4) client.stream.fail(status.UNAVAILABLE, 'still gone');
    await settle();
  }
  client.stream.snapshot(schema, snapshotOf({ rows: 2 }), { ids: ['a', 'b'], revision: 9 });
  assert.deepEqual([session.status.state, session.status.attaches, session.status.error], ['attached', 2, undefined]);
  assert.equal((await session.next(never))?.attachment, 2);
  assert.deepEqual(lines, [
    'trouble with collector unix:/fake.sock, trying again',
    'collector unix:/fake.sock works again',
  ]);
});

test('lost snapshots are added up over attachments', async (t) => {
  const { client, clock, session } = await setUp(t);
  client.stream.snapshot(schema, { ...snapshotOf({ rows: 0 }), lost: 5 }, { ids: [], revision: 1 });
  await session.next(never);
  client.stream.fail(status.UNAVAILABLE, 'gone');
  await settle();
  clock.advanceMs(10_000);
  await settle();
  client.stream.snapshot(schema, { ...snapshotOf({ rows: 0 }), lost: 2 }, { ids: [], revision: 1 });
  assert.equal(session.status.lost, 7);
});

test('an end of the stream without an error is a loss too', async (t) => {
  const { client, session } = await setUp(t);
  client.stream.emit('end');
  await settle();
  assert.equal(session.status.error?.message, 'the collector ended the stream');
});

test('what the collector refuses ends the session and next says why', async (t) => {
  const { client, session, running } = await setUp(t);
  const waiting = session.next(never);
  client.stream.fail(status.INVALID_ARGUMENT, 'unknown event task_nonsense');
  await assert.rejects(waiting, { code: 'INVALID_ARGUMENT', message: /task_nonsense/ });
  await running;
  await assert.rejects(session.next(never), { code: 'INVALID_ARGUMENT' });
});

test('what a collector refuses that worked before is tried again', async (t) => {
  const { client, clock, session } = await setUp(t);
  client.stream.snapshot(schema, snapshotOf({ rows: 0 }), { ids: [], revision: 1 });
  client.stream.fail(status.INVALID_ARGUMENT, 'unknown event');
  await settle();
  assert.equal(session.status.error?.code, 'INVALID_ARGUMENT');
  clock.advanceMs(10_000);
  await settle();
  assert.equal(client.streams.length, 2);
});

const required = { required: true };
const refusals: readonly { readonly spec: Partial<WatchSpec>; readonly final: boolean }[] = [
  { spec: { rdt: { ...required, perDomain: false } }, final: true },
  { spec: { uncore: { ...required, groups: [['platform_cas_count_reads']] } }, final: true },
  { spec: { memoryModules: required }, final: true },
  { spec: { rdt: { required: false, perDomain: false } }, final: false },
  { spec: {}, final: false },
];
for (const { spec, final } of refusals) {
  test(`a host that lacks a feature ${final ? 'ends' : 'does not end'} a session with ${JSON.stringify(spec)}`, async (t) => {
    const { client, clock, session } = await setUp(t, spec);
    const facts = { subject: 'resctrl', message: 'is not mounted', remedy: 'mount -t resctrl resctrl /sys/fs/resctrl' };
    client.stream.emit(
      'error',
      toStatus(new WcaError('FEATURE_ABSENT', facts), () => {}),
    );
    await settle();
    clock.advanceMs(10_000);
    await settle();
    assert.equal(client.streams.length, final ? 1 : 2);
    if (final) await assert.rejects(session.next(never), { code: 'FEATURE_ABSENT', ...facts });
  });
}

test('a required measurement that was there before is waited for', async (t) => {
  const { client, clock, session } = await setUp(t, { rdt: { ...required, perDomain: false } });
  client.stream.snapshot(schema, snapshotOf({ rows: 0 }), { ids: [], revision: 1 });
  const error = new WcaError('FEATURE_ABSENT', { subject: 'resctrl', message: 'is not mounted' });
  client.stream.emit(
    'error',
    toStatus(error, () => {}),
  );
  await settle();
  clock.advanceMs(10_000);
  await settle();
  assert.deepEqual([client.streams.length, session.status.error?.code], [2, 'FEATURE_ABSENT']);
});

test('a collector that says nothing any more is left and attached to again', async (t) => {
  const { client, clock, session } = await setUp(t);
  session.setTargets(new Map());
  client.stream.snapshot(schema, snapshotOf({ rows: 0 }), { ids: [], revision: 1 });
  for (let i = 0; i < 3; i += 1) {
    clock.advanceMs(15_000);
    await settle();
  }
  assert.equal(client.streams[0]?.cancelled, true);
  assert.equal(session.status.error?.code, 'DEADLINE');
  clock.advanceMs(10_000);
  await settle();
  assert.deepEqual([client.streams.length, client.connection.renewals], [2, 1]);
});

test('a host to which no connection comes about is tried anew, whatever the interval', async (t) => {
  const { client, clock, session } = await setUp(t, { intervalMs: 60_000 });
  client.connection.isUp = false;
  clock.advanceMs(10_000);
  await settle();
  assert.equal(client.streams[0]?.cancelled, true);
  assert.equal(session.status.error?.code, 'UNAVAILABLE');
  assert.match(session.status.error?.message ?? '', /no connection within 10 s/);
  clock.advanceMs(10_000);
  await settle();
  assert.deepEqual([client.streams.length, client.connection.renewals], [2, 1]);
});

test('stopping cancels the stream and ends the session', async (t) => {
  const { client, stop, running, lines } = await setUp(t);
  stop.abort();
  await running;
  assert.equal(client.stream.cancelled, true);
  assert.deepEqual(lines, []);
});
