import assert from 'node:assert/strict';
import { test } from 'node:test';
import { taskRates } from '../../../../../controller/detectors/psi/rates.ts';
import { sampleHost, sampleTask } from '../../../../../controller/detectors/psi/sample.ts';
import { fakeMeasurements, fakePlatform } from '../../../../../controller/plugin-kit.ts';

const page = { pageSizeBytes: 4096 };
const psi = (resource: string, kind: string, value: number) => ({ labels: { resource, kind }, value });

test('some of CPU, full of memory and IO', () => {
  const { stalledSeconds } = sampleTask(
    fakeMeasurements({
      task_psi_stalled_seconds: [
        psi('cpu', 'some', 1),
        psi('cpu', 'full', 2),
        psi('memory', 'some', 3),
        psi('memory', 'full', 4),
        psi('io', 'some', 5),
        psi('io', 'full', 6),
      ],
    }),
    page,
  );
  assert.deepEqual(stalledSeconds, { cpu: 1, memory: 4, io: 6 });
});

for (const key of ['wait_sum', 'se.statistics.wait_sum']) {
  test(`where PSI is off ${key} of sched stands for CPU pressure, milliseconds made seconds`, () => {
    const task_sched_stat = [
      { labels: { key: 'nr_switches' }, value: 9 },
      { labels: { key }, value: 1500 },
    ];
    const { stalledSeconds } = sampleTask(fakeMeasurements({ task_sched_stat }), page);
    assert.deepEqual(stalledSeconds, { cpu: 1.5, memory: undefined, io: undefined });
  });
}

test('the nearer of the two memory limits counts', () => {
  const values = { task_mem_usage_bytes: 80, task_mem_limit_bytes: 400, task_mem_soft_limit_bytes: 100 };
  assert.equal(sampleTask(fakeMeasurements(values), page).limitShare, 0.8);
  assert.equal(sampleTask(fakeMeasurements({ ...values, task_mem_soft_limit_bytes: undefined }), page).limitShare, 0.2);
  assert.equal(sampleTask(fakeMeasurements({ task_mem_usage_bytes: 80 }), page).limitShare, undefined);
});

test('nothing measured is nothing known', () => {
  const nothing = sampleTask(fakeMeasurements(), page);
  assert.deepEqual(taskRates(nothing, nothing, 1), {
    pressure: { cpu: undefined, memory: undefined, io: undefined },
    throttled: undefined,
    use: { cpu: undefined, memory: undefined, io: undefined },
    limitShare: undefined,
  });
  const host = sampleHost(fakePlatform());
  assert.deepEqual([host.busySeconds, host.stealSeconds, host.memoryShare], [undefined, undefined, undefined]);
});

test('a counter that ran backwards tells nothing, one above the time that passed is all of it', () => {
  const at = (cpu: number, throttled: number) =>
    sampleTask(fakeMeasurements({ task_cpu_usage_seconds: cpu, task_cpu_throttled_seconds: throttled }), page);
  assert.equal(taskRates(at(5, 0), at(1, 0), 1).use.cpu, undefined);
  assert.equal(taskRates(at(5, 0), at(7, 30), 2).throttled, 1);
  assert.equal(taskRates(at(5, 0), at(7, 30), 2).use.cpu, 1);
});
