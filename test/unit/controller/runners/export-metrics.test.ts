import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayValues, type MetricBatch, metricsOf } from '../../../../controller/model/metric-batch.ts';
import type { Task } from '../../../../controller/model/task.ts';
import { PythonPrefixMatch } from '../../../../controller/python/prefix-match.ts';
import { type ExportInput, MetricExporter } from '../../../../controller/runners/export-metrics.ts';
import { type FieldChoice, FieldFilter } from '../../../../controller/runners/field-filter.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { targetState } from '../../../../shared/rpc/watch-messages.ts';
import { columnOf, f64, rosterOf, schemaOf, snapshotOf, u64 } from '../../../kit/snapshots.ts';

const task = (id: string, labels: Task['labels'] = { task_id: id }, more: Partial<Task> = {}): Task => ({
  id,
  name: id,
  cgroupPath: `/${id}`,
  subcgroupPaths: [],
  labels,
  resources: {},
  ...more,
});

const tasksOf = (...tasks: readonly Task[]): ReadonlyMap<string, Task> => new Map(tasks.map((t) => [t.id, t]));

/** A task metric with one u64 column over two rows, changed by `parts`. */
function inputOf(parts: Partial<ExportInput> = {}): ExportInput {
  return {
    schema: schemaOf([], [u64('task_mem_usage_bytes')]),
    roster: rosterOf('t1', 't2'),
    snapshot: snapshotOf({ targets: [columnOf([1n, 2n])] }),
    tasks: tasksOf(task('t1'), task('t2')),
    derived: [],
    internal: [],
    timestampMs: 1_600_000_000_500,
    ...parts,
  };
}

const allFields = { sched: true, vmstat: true, zoneinfo: true };

const exporter = (commonLabels: Record<string, string> = {}, fields: FieldChoice = allFields): MetricExporter =>
  new MetricExporter({ commonLabels, fields: new FieldFilter(fields) });

/** `name{labels} value` of all samples, or of the named metrics. */
function lines(batch: MetricBatch, ...names: readonly string[]): string[] {
  const shown = batch.families.filter(({ name }) => names.length === 0 || names.includes(name));
  return shown.flatMap(({ name, labels, values }) =>
    labels.flatMap(({ text }, i) => (values.has(i) ? [`${name}{${text}} ${values.exact(i)}`] : [])),
  );
}

test('columns, rows and labels become families in the order of the format', () => {
  const batch = exporter({ host: 'n1' }).export(
    inputOf({
      schema: schemaOf(
        [u64('platform_cpu_usage', { cpu: '10' }), u64('platform_cpu_usage', { cpu: '9' })],
        [u64('task_mem_usage_bytes'), u64('task_cpu_usage_seconds', {}, 1e9), f64('task_psi_avg10_ratio')],
      ),
      snapshot: snapshotOf({
        platform: [columnOf([7n]), columnOf([8n])],
        targets: [columnOf([1n, 2n]), columnOf([1_500_000_000n, 0n]), columnOf([0.25, 0])],
      }),
    }),
  );
  assert.deepEqual(batch.refused, []);
  assert.deepEqual(lines(batch), [
    'platform_cpu_usage{cpu="9",host="n1"} 8',
    'platform_cpu_usage{cpu="10",host="n1"} 7',
    'platform_last_seen{host="n1"} 1600000000.5',
    'task_cpu_usage_seconds{host="n1",task_id="t1"} 1.5',
    'task_cpu_usage_seconds{host="n1",task_id="t2"} 0',
    'task_last_seen{host="n1",task_id="t1"} 1600000000.5',
    'task_last_seen{host="n1",task_id="t2"} 1600000000.5',
    'task_mem_usage_bytes{host="n1",task_id="t1"} 1',
    'task_mem_usage_bytes{host="n1",task_id="t2"} 2',
    'task_psi_avg10_ratio{host="n1",task_id="t1"} 0.25',
    'task_psi_avg10_ratio{host="n1",task_id="t2"} 0',
    'task_subcontainers{host="n1",task_id="t1"} 0',
    'task_subcontainers{host="n1",task_id="t2"} 0',
    'task_up{host="n1",task_id="t1"} 1',
    'task_up{host="n1",task_id="t2"} 1',
  ]);
});

test('type, help, unit and granularity come from the catalogue', () => {
  const family = exporter()
    .export(inputOf())
    .families.find(({ name }) => name === 'task_mem_usage_bytes');
  assert.deepEqual(
    [family?.type, family?.unit, family?.granularity, family?.help?.startsWith('Memory')],
    ['gauge', 'bytes', 'task', true],
  );
});

test('counters are exact up to 2^64 - 1; with a divisor they are doubles', () => {
  const values = [2n ** 53n - 1n, 2n ** 53n + 1n, 9_223_372_036_854_771_712n, 2n ** 64n - 1n];
  const ids = values.map((_, i) => `t${i}`);
  const batch = exporter().export(
    inputOf({
      schema: schemaOf([], [u64('task_mem_limit_bytes'), u64('task_cpu_usage_seconds', {}, 1e9)]),
      roster: rosterOf(...ids),
      snapshot: snapshotOf({ targets: [columnOf(values), columnOf(values)] }),
      tasks: tasksOf(...ids.map((id) => task(id))),
    }),
  );
  const of = (name: string): (number | bigint)[] =>
    [...metricsOf(batch)].filter((metric) => metric.name === name).map(({ value }) => value);
  assert.deepEqual(of('task_mem_limit_bytes'), [9007199254740991, ...values.slice(1)]);
  assert.deepEqual(
    of('task_cpu_usage_seconds'),
    values.map((value) => Number(value) / 1e9),
  );
});

test('level labels win over task labels, common labels win over task labels, never over levels', () => {
  const labels = { task_id: 't1', cpu: 'mine', host: 'mine', zone: 'mine' };
  const batch = exporter({ host: 'n1', cpu: 'common' }).export(
    inputOf({
      schema: schemaOf([u64('platform_cpu_usage', { cpu: '0' })], [u64('task_cycles', { cpu: '0' })]),
      roster: rosterOf('t1'),
      snapshot: snapshotOf({ platform: [columnOf([1n])], targets: [columnOf([1n])] }),
      tasks: tasksOf(task('t1', labels)),
      internal: [{ name: 'wca_duration_seconds', value: 1, labels: { function: 'sleep' } }],
    }),
  );
  assert.deepEqual(lines(batch, 'platform_cpu_usage', 'task_cycles', 'task_up', 'wca_duration_seconds'), [
    'platform_cpu_usage{cpu="0",host="n1"} 1',
    'task_cycles{cpu="0",host="n1",task_id="t1",zone="mine"} 1',
    'task_up{cpu="common",host="n1",task_id="t1",zone="mine"} 1',
    'wca_duration_seconds{cpu="common",function="sleep",host="n1"} 1',
  ]);
});

test('a row gives no series when its target is not found, refused, absent or has no task', () => {
  const { measured, ended, notFound, refused } = targetState;
  const batch = exporter().export(
    inputOf({
      roster: rosterOf('measured', 'ended', 'gone', 'refused', 'stranger', 'absent'),
      tasks: tasksOf(task('measured'), task('ended'), task('gone'), task('refused'), task('absent'), task('pending')),
      snapshot: snapshotOf({
        targets: [columnOf([1n, 2n, 3n, 4n, 5n, undefined])],
        states: [measured, ended, notFound, refused, measured, measured],
      }),
    }),
  );
  assert.deepEqual(lines(batch, 'task_mem_usage_bytes', 'task_up'), [
    'task_mem_usage_bytes{task_id="ended"} 2',
    'task_mem_usage_bytes{task_id="measured"} 1',
    'task_up{task_id="absent"} 1',
    'task_up{task_id="ended"} 1',
    'task_up{task_id="measured"} 1',
  ]);
});

test('resources and containers of a task are exported where it has them', () => {
  const batch = exporter().export(
    inputOf({
      tasks: tasksOf(
        task('t1', undefined, { resources: { cpus: 0.5, mem: 2e9 }, subcgroupPaths: ['/t1/a', '/t1/b'] }),
        task('t2', undefined, { resources: { cpus: '2', mem: '1Gi' } }),
      ),
    }),
  );
  assert.deepEqual(lines(batch, 'task_requested_cpus', 'task_requested_mem_bytes', 'task_subcontainers'), [
    'task_requested_cpus{task_id="t1"} 0.5',
    'task_requested_cpus{task_id="t2"} 2',
    'task_requested_mem_bytes{task_id="t1"} 2000000000',
    'task_subcontainers{task_id="t1"} 2',
    'task_subcontainers{task_id="t2"} 0',
  ]);
});

test('derived values are exported by row, absent ones are not', () => {
  const derived = [
    { metric: 'task_ipc', labels: {}, values: arrayValues([undefined, 1.5]) },
    { metric: 'task_ips', labels: { cpu: '10' }, values: arrayValues([7, undefined]) },
    { metric: 'task_ips', labels: { cpu: '2' }, values: arrayValues([5, 6]) },
  ];
  assert.deepEqual(lines(exporter().export(inputOf({ derived })), 'task_ipc', 'task_ips'), [
    'task_ipc{task_id="t2"} 1.5',
    'task_ips{cpu="2",task_id="t1"} 5',
    'task_ips{cpu="2",task_id="t2"} 6',
    'task_ips{cpu="10",task_id="t1"} 7',
  ]);
});

test('internal metrics stand in order among the measured ones, and join a family of the same name', () => {
  const batch = exporter().export(
    inputOf({
      internal: [
        { name: 'wca_tasks', value: 2, labels: {} },
        { name: 'task_mem_usage_bytes', value: 9, labels: { task_id: 't0' } },
        { name: 'a_first', value: 1n, labels: {} },
        { name: 'bad-name', value: 1, labels: {} },
      ],
    }),
  );
  assert.deepEqual(
    batch.families.map(({ name }) => name).filter((name) => /^(a_|task_mem|wca)/.test(name)),
    ['a_first', 'task_mem_usage_bytes', 'wca_tasks'],
  );
  assert.deepEqual(lines(batch, 'task_mem_usage_bytes'), [
    'task_mem_usage_bytes{task_id="t0"} 9',
    'task_mem_usage_bytes{task_id="t1"} 1',
    'task_mem_usage_bytes{task_id="t2"} 2',
  ]);
  assert.deepEqual(batch.refused, [{ name: 'bad-name', reason: '"bad-name" is no metric name' }]);
});

const usage = (batch: MetricBatch) => batch.families.find(({ name }) => name === 'task_mem_usage_bytes')?.labels;

test('label sets are the same objects from batch to batch, also with new task objects of equal labels', () => {
  const made = exporter();
  const input = inputOf();
  const first = usage(made.export(input));
  assert.ok(first !== undefined);
  assert.equal(usage(made.export({ ...input, snapshot: snapshotOf({ targets: [columnOf([3n, 4n])] }) })), first);
  assert.equal(usage(made.export({ ...input, tasks: tasksOf(task('t1'), task('t2')) })), first);
});

test('a new roster keeps the label sets of the tasks that stay', () => {
  const made = exporter();
  const first = usage(made.export(inputOf()));
  const second = usage(
    made.export(
      inputOf({
        roster: rosterOf('t3', 't2'),
        tasks: tasksOf(task('t2'), task('t3')),
        snapshot: snapshotOf({ targets: [columnOf([30n, 20n])] }),
      }),
    ),
  );
  assert.deepEqual(
    second?.map(({ text }) => text),
    ['task_id="t2"', 'task_id="t3"'],
  );
  assert.equal(second?.[0], first?.[1]);
});

test('a label that changes, a task that comes or goes without a new roster, are followed', () => {
  const made = exporter();
  const input = inputOf();
  made.export(input);
  const changed = made.export({ ...input, tasks: tasksOf(task('t1', { task_id: 't1', app: 'x' }), task('t2')) });
  assert.deepEqual(lines(changed, 'task_mem_usage_bytes'), [
    'task_mem_usage_bytes{app="x",task_id="t1"} 1',
    'task_mem_usage_bytes{task_id="t2"} 2',
  ]);
  const gone = made.export({ ...input, tasks: tasksOf(task('t2')) });
  assert.deepEqual(lines(gone, 'task_mem_usage_bytes'), ['task_mem_usage_bytes{task_id="t2"} 2']);
  const back = made.export({ ...input, tasks: tasksOf(task('t1'), task('t2')) });
  assert.equal(lines(back, 'task_mem_usage_bytes').length, 2);
});

test('a schema with the same id but other columns is followed', () => {
  const made = exporter();
  made.export(inputOf());
  const batch = made.export(inputOf({ schema: schemaOf([], [u64('task_cycles')]) }));
  assert.equal(usage(batch), undefined);
  assert.equal(lines(batch, 'task_cycles').length, 2);
});

test('a batch already made keeps its values when the next one is exported', () => {
  const made = exporter();
  const first = made.export(inputOf());
  made.export(inputOf({ snapshot: snapshotOf({ targets: [columnOf([8n, 9n])] }) }));
  assert.deepEqual(lines(first, 'task_mem_usage_bytes')[0], 'task_mem_usage_bytes{task_id="t1"} 1');
});

test('a label name that the format forbids costs the label, not the task', () => {
  const batch = exporter().export(inputOf({ tasks: tasksOf(task('t1', { task_id: 't1', '3x': 'a', __y: 'b' })) }));
  assert.deepEqual(lines(batch, 'task_mem_usage_bytes'), ['task_mem_usage_bytes{task_id="t1"} 1']);
  assert.equal(batch.refused?.length, 2);
  assert.match(batch.refused?.[0]?.reason ?? '', /"3x"/);
});

test('series that common labels make equal are exported once and counted', () => {
  const batch = exporter({ task_id: 'same' }).export(inputOf());
  assert.deepEqual(lines(batch, 'task_mem_usage_bytes'), ['task_mem_usage_bytes{task_id="same"} 1']);
  assert.ok(batch.refused?.some(({ name }) => name === 'task_mem_usage_bytes'));
});

test('columns a collector names wrongly are refused, alone', () => {
  const batch = exporter().export(
    inputOf({
      schema: schemaOf(
        [u64('task_mem_usage_bytes')],
        [u64('bad-name'), u64('task_cycles', { 'bad-label': '1' }), u64('task_cycles')],
      ),
      snapshot: snapshotOf({
        platform: [columnOf([5n])],
        targets: [columnOf([1n, 1n]), columnOf([1n, 1n]), columnOf([1n, 1n])],
      }),
    }),
  );
  assert.equal(batch.refused?.length, 2);
  assert.deepEqual(lines(batch, 'task_cycles', 'task_mem_usage_bytes'), [
    'task_cycles{task_id="t1"} 1',
    'task_cycles{task_id="t2"} 1',
    'task_mem_usage_bytes{} 5',
  ]);
});

test('columns that are missing or shorter than the roster are absent, not zero', () => {
  const batch = exporter().export(
    inputOf({
      schema: schemaOf([], [u64('task_cycles'), u64('task_mem_usage_bytes')]),
      snapshot: snapshotOf({ targets: [columnOf([1n])], rows: 2 }),
    }),
  );
  assert.deepEqual(lines(batch, 'task_cycles', 'task_mem_usage_bytes'), ['task_cycles{task_id="t1"} 1']);
});

test('common labels that the format forbids are refused at the start', () => {
  assert.throws(
    () => exporter({ 'a.b': 'x' }),
    (thrown) => thrown instanceof WcaError && thrown.code === 'INVALID_CONFIG',
  );
});

test('fields that the expressions leave out give no series, renamed ones stay in order', () => {
  const schema = schemaOf(
    [
      u64('platform_vmstat', { key: 'nr_free_pages' }),
      u64('platform_vmstat', { key: 'pgfault' }),
      u64('platform_zoneinfo', { numa_node: '0', zone: 'DMA', key: 'nr_free_pages' }),
      u64('platform_zoneinfo', { numa_node: '0', zone: 'DMA', key: 'boost' }),
    ],
    [f64('task_sched_stat', { key: 'nr_switches' }), f64('task_sched_stat', { key: 'prio' })],
  );
  const snapshot = snapshotOf({
    platform: [1n, 2n, 3n, 4n].map((value) => columnOf([value])),
    targets: [columnOf([0.5, 2.25]), columnOf([120, 120])],
  });
  const fields = {
    sched: new PythonPrefixMatch('nr_'),
    vmstat: new PythonPrefixMatch('pg'),
    zoneinfo: new PythonPrefixMatch(String.raw`\s+nr_([a-z_]+)\s+(\d+)`),
  };
  const batch = exporter({}, fields).export(inputOf({ schema, snapshot }));
  assert.deepEqual(lines(batch, 'platform_vmstat', 'platform_zoneinfo', 'task_sched_stat'), [
    'platform_vmstat{key="pgfault"} 2',
    'platform_zoneinfo{key="free_pages",numa_node="0",zone="DMA"} 3',
    'task_sched_stat{key="nr_switches",task_id="t1"} 0.5',
    'task_sched_stat{key="nr_switches",task_id="t2"} 2.25',
  ]);
});

test('an uncore event that the user named is a counter with its socket and PMU; numbers order numerically', () => {
  const at = (socket: number, pmu: number) => u64('my_reads', { socket: String(socket), pmu_type: String(pmu) });
  const schema = schemaOf([at(1, 9), at(0, 17), at(0, 9)], []);
  const snapshot = snapshotOf({ platform: [2n ** 60n, 2n, 3n].map((value) => columnOf([value])), rows: 2 });
  const batch = exporter({ host: 'n1' }).export(inputOf({ schema, snapshot }));
  const family = batch.families.find(({ name }) => name === 'my_reads');
  assert.equal(family?.type, 'counter');
  assert.equal(family.granularity, 'platform');
  assert.deepEqual(lines(batch, 'my_reads'), [
    'my_reads{host="n1",pmu_type="9",socket="0"} 3',
    'my_reads{host="n1",pmu_type="9",socket="1"} 1152921504606846976',
    'my_reads{host="n1",pmu_type="17",socket="0"} 2',
  ]);
});
