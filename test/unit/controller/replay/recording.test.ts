import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { tasksOfController } from '../../../../controller/replay/find-tasks.ts';
import { decodeTasks } from '../../../../controller/replay/recorded-tasks.ts';
import { recordKind } from '../../../../controller/replay/recording-format.ts';
import { decodeTake, encodeTake } from '../../../../controller/replay/take.ts';
import {
  type Entry,
  endEntry,
  openTestRecording,
  platformEntry,
  recordingFile,
  responseEntry,
  snapshotEntry,
  takeEntry,
  taskOf,
  tasksEntry,
  testSchema,
  wholeTake,
  writeRecording,
} from '../../../kit/recordings.ts';
import { columnOf, rosterOf } from '../../../kit/snapshots.ts';

/** What the items of a recording with these records are, by kind. */
function kindsOf(t: TestContext, entries: readonly Entry[]): readonly string[] {
  const file = recordingFile(t);
  writeRecording(file, entries);
  const recording = openTestRecording(file);
  t.after(() => recording.close());
  return [...recording.items()].map((item) => (item.kind === 'response' ? item.response.kind : item.kind));
}

const schema = responseEntry({ kind: 'schema', schema: testSchema });
const roster = responseEntry({ kind: 'roster', roster: rosterOf('a') });
const beginning = [takeEntry(), platformEntry(), tasksEntry(taskOf('a')), schema, roster];
const json = (kind: number, value: unknown): Entry => [kind, Buffer.from(JSON.stringify(value))];

test('a take is read record by record; kinds of newer recorders are skipped', (t) => {
  const entries: readonly Entry[] = [...wholeTake(['a'], { count: 2 }), [200, Buffer.from('new')]];
  assert.deepEqual(kindsOf(t, entries), [
    'take',
    'platform',
    'tasks',
    'schema',
    'roster',
    'snapshot',
    'snapshot',
    'end',
  ]);
});

const good = { seconds: 1, values: [1n] };
const wrong: readonly (readonly [name: string, entries: readonly Entry[], message: RegExp])[] = [
  ['a snapshot before any take', [snapshotEntry(good)], /before the beginning of a take/],
  ['a take that is no JSON', [[recordKind.take, Buffer.from('{')]], /not told as it should/],
  [
    'a take with a foreign interval',
    [json(recordKind.take, { startedUnixMs: 1, intervalMs: 1 })],
    /not told as it should/,
  ],
  [
    'a platform of noise',
    [takeEntry(), [recordKind.platform, Buffer.from([255, 255, 255])]],
    /platform cannot be read/,
  ],
  ['tasks that are no list', [takeEntry(), json(recordKind.tasks, {})], /list of tasks is no list/],
  ['a task without a cgroup', [takeEntry(), json(recordKind.tasks, [{ id: 'a' }])], /not of the form of a task/],
  ['a message of noise', [takeEntry(), [recordKind.response, Buffer.from([26, 200])]], /stream cannot be read/],
  ['a snapshot without platform', [takeEntry(), schema, roster, snapshotEntry(good)], /before the platform/],
  ['a snapshot without schema', [takeEntry(), platformEntry(), snapshotEntry(good)], /without its schema/],
  [
    'a snapshot of another roster',
    [...beginning, snapshotEntry({ ...good, rosterId: 2 })],
    /without its schema and roster/,
  ],
  [
    'a column that is too short',
    [...beginning, snapshotEntry({ ...good, parts: { targets: [columnOf([])] } })],
    /0 values of 1 rows/,
  ],
  [
    'a column too many',
    [...beginning, snapshotEntry({ ...good, parts: { platform: [columnOf([1n])] } })],
    /1 platform columns, its schema 0/,
  ],
  [
    'a column of another kind',
    [...beginning, snapshotEntry({ ...good, parts: { targets: [columnOf([0.5])] } })],
    /not of its kind/,
  ],
  [
    'states too few',
    [...beginning, snapshotEntry({ ...good, parts: { states: new Uint8Array(0) } })],
    /0 states of 1 rows/,
  ],
  [
    'generations too few',
    [...beginning, snapshotEntry({ ...good, parts: { generations: new Uint32Array(0) } })],
    /no generation for each/,
  ],
  [
    'an error of no row',
    [
      ...beginning,
      snapshotEntry({
        ...good,
        parts: { errors: [{ row: 1, error: { code: 'X', subject: '', message: '', remedy: '', errno: '' } }] },
      }),
    ],
    /row 1 of 1/,
  ],
  [
    'time that runs back',
    [...beginning, snapshotEntry({ seconds: 2, values: [1n] }), snapshotEntry(good)],
    /not later than the one before/,
  ],
];
for (const [name, entries, message] of wrong) {
  test(`${name} is an error that names file and byte`, (t) => {
    assert.throws(() => kindsOf(t, entries), { code: 'INVALID_ARGUMENT', subject: /test\.wcarec: byte 16/, message });
  });
}

test('each take begins anew: its clock may be behind that of the one before', (t) => {
  const entries = [...wholeTake(['a'], { from: 500, count: 1 }), ...wholeTake(['a'], { from: 3, count: 1 })];
  assert.equal(kindsOf(t, entries).filter((kind) => kind === 'snapshot').length, 2);
  // What the first take said does not count for the second.
  assert.throws(() => kindsOf(t, [...wholeTake(['a']), endEntry, takeEntry(), snapshotEntry(good)]), {
    message: /before the platform/,
  });
});

test('a take is decoded as it was encoded, without what a newer recorder adds', () => {
  const take = {
    startedUnixMs: 5,
    software: '1.0.0',
    intervalMs: 100,
    events: ['default'],
    extra: ['rdt'],
    tasks: 'controller',
  } as const;
  assert.deepEqual(decodeTake(encodeTake(take)), take);
  const newer = Buffer.from(JSON.stringify({ ...take, extra: ['rdt', 'novel'], more: 1 }));
  assert.deepEqual(decodeTake(newer), take);
});

test('tasks with texts beyond all bounds are refused', () => {
  const huge = { ...taskOf('a'), labels: { a: 'x'.repeat(20_000) } };
  assert.match(String(decodeTasks(Buffer.from(JSON.stringify([huge])))), /beyond all bounds/);
  const many = { ...taskOf('a'), labels: Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`l${i}`, ''])) };
  assert.match(String(decodeTasks(Buffer.from(JSON.stringify([many])))), /beyond all bounds/);
  const list = Array.from({ length: 10_001 }, (_, i) => taskOf(`t${i}`));
  assert.match(String(decodeTasks(Buffer.from(JSON.stringify(list)))), /more than 10000 tasks/);
});

test('resources that a controller tells as text become numbers again where they were', () => {
  const told = {
    id: 'a',
    name: 'n',
    cgroupPath: '/a',
    childCgroupPaths: ['/a/b'],
    labels: { l: 'v' },
    state: '',
    errors: [],
    node: '',
  };
  const [task] = tasksOfController([{ ...told, resources: { cpus: '0.5', mem: '1048576', class: 'gold', empty: '' } }]);
  assert.deepEqual(task, {
    id: 'a',
    name: 'n',
    cgroupPath: '/a',
    subcgroupPaths: ['/a/b'],
    labels: { l: 'v' },
    resources: { cpus: 0.5, mem: 1_048_576, class: 'gold', empty: '' },
  });
});
