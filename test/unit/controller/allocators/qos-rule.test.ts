import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkQosRule } from '../../../../controller/allocators/qos-rule.ts';
import { MeasurementTable } from '../../../../controller/runners/measurement-views.ts';

const tasksOf = (...classes: readonly (string | undefined)[]) =>
  new Map(
    classes.map((qos, i) => [
      `t${i + 1}`,
      {
        id: `t${i + 1}`,
        name: '',
        cgroupPath: `/t${i + 1}`,
        subcgroupPaths: [],
        labels: qos === undefined ? {} : { app_kubernetes_io__qos_class: qos },
        resources: {},
        measurements: new MeasurementTable([]).row(0),
        allocations: undefined,
      },
    ]),
  );

for (const [name, classes, wish, isRejected] of [
  ['burstable + besteffort, shares', ['burstable', 'besteffort'], 'cpu_shares', true],
  ['burstable + besteffort, quota', ['burstable', 'besteffort'], 'cpu_quota', false],
  ['burstable + unlabelled, shares', ['burstable', undefined], 'cpu_shares', false],
  ['one class, shares', ['burstable', 'burstable'], 'cpu_shares', false],
  ['the other class is of a task without wishes', ['burstable', 'burstable', 'guaranteed'], 'cpu_shares', true],
  ['no tasks', [], 'cpu_shares', false],
] as const) {
  test(`${name}: ${isRejected ? 'rejected' : 'accepted'}`, () => {
    assert.equal(checkQosRule(tasksOf(...classes), new Map([['t1', [{ type: wish }]]])) !== undefined, isRejected);
  });
}
