import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRootLines } from '../../../../controller/allocators/root-lines.ts';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import type { AllocationValue, CurrentAllocations } from '../../../../shared/allocation/values.ts';
import { load, problemsOf } from '../../../kit/configurations.ts';

const lines = ['L3:0=ff', 'MB:0=50'];
const inGroup = (group: string): CurrentAllocations => ({
  identity: 1n,
  values: [{ value: { type: 'rdt', group, lines: ['L3:0=fff'] }, raw: '/ L3:0=fff' }],
});
const root: AllocationValue = { type: 'rdt', group: '', lines };
const shares: AllocationValue = { type: 'cpu_idle', on: true };
const own: AllocationValue = { type: 'rdt', group: 'batch', lines: [] };

const cases: readonly (readonly [
  name: string,
  wanted: readonly AllocationValue[] | undefined,
  now: CurrentAllocations | undefined,
  result: readonly AllocationValue[] | undefined,
])[] = [
  ['of a task in the root group of which nothing is wished', undefined, inGroup(''), [root]],
  ['of a task in the root group of which something else is wished', [shares], inGroup(''), [shares, root]],
  ['not of a task that is given a group', [own], inGroup(''), [own]],
  ['not of a task in another group', [shares], inGroup('batch'), [shares]],
  ['not where there is no RDT', [shares], { identity: 1n, values: [] }, [shares]],
  ['not where nothing is known of the task', undefined, undefined, undefined],
];
for (const [name, wanted, now, result] of cases) {
  test(`the lines of the root group are wished ${name}`, () =>
    assert.deepEqual(withRootLines(wanted, now, lines), result));
}

test('without such lines nothing is added', () => {
  assert.deepEqual(withRootLines([shares], inGroup(''), []), [shares]);
});

test('the lines are checked when the configuration loads', () => {
  const config = (settings: string): string =>
    `runner: !MeasurementRunner\n  node: !CgroupNode {}\n  allocation_configuration: !AllocationConfiguration {${settings}}\n`;
  const definitions = builtinComponents();
  load(config('default_rdt_l3: "L3:0=fffff;1=fffff", default_rdt_mb: "MB:0=100"'), { definitions });
  assert.match(problemsOf(config('default_rdt_l3: "MB:0=100"'), { definitions }), /default_rdt_l3: .*MB:0=100/);
  assert.match(problemsOf(config('default_rdt_mb: "MB:x"'), { definitions }), /default_rdt_mb: .*MB:x/);
});
