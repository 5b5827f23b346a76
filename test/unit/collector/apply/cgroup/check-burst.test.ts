import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBurstAboveQuota } from '../../../../../collector/apply/cgroup/check-burst.ts';
import type { KnobId } from '../../../../../collector/apply/knob.ts';
import type { DesiredKnob } from '../../../../../collector/apply/ports.ts';
import type { AllocationType } from '../../../../../shared/allocation/values.ts';

const id = (path: string, file: string): KnobId => ({ kind: 'cgroup', hierarchy: 'cpu', path, inode: '1', file });
const wish = (file: string, text: string, path = '/a'): DesiredKnob => {
  const type: AllocationType = file.includes('burst') ? 'cpu_burst' : 'cpu_quota';
  return { type, id: id(path, file), text };
};

/** What the kernel has, by file of /a. */
const cases: readonly (readonly [
  name: string,
  desired: readonly DesiredKnob[],
  present: Readonly<Record<string, string>>,
  conflict: RegExp | undefined,
])[] = [
  ['a burst within the quota beside it', [wish('cpu.max', '5000 10000'), wish('cpu.max.burst', '5000')], {}, undefined],
  [
    'a burst above the quota beside it',
    [wish('cpu.max.burst', '5001'), wish('cpu.max', '5000 10000')],
    {},
    /cpu_burst: the burst of 5001 µs is more than the quota of 5000 µs/,
  ],
  ['a burst without any quota', [wish('cpu.max.burst', '5000')], { 'cpu.max': 'max 100000' }, undefined],
  ['a burst above the quota that is there', [wish('cpu.max.burst', '5000')], { 'cpu.max': '4000 100000' }, /4000 µs/],
  [
    'a quota below the burst that is there',
    [wish('cpu.max', '4000 100000')],
    { 'cpu.max.burst': '4500' },
    /cpu_quota: the quota of 4000 µs is less than the burst of 4500 µs/,
  ],
  ['a quota above the burst that is there', [wish('cpu.max', '4500 100000')], { 'cpu.max.burst': '4500' }, undefined],
  ['no quota any more', [wish('cpu.max', 'max 100000')], { 'cpu.max.burst': '4500' }, undefined],
  ['a kernel without bursts', [wish('cpu.max', '4000 100000')], {}, undefined],
  [
    'v1',
    [wish('cpu.cfs_quota_us', '4000')],
    { 'cpu.cfs_burst_us': '4001' },
    /quota of 4000 µs is less than the burst of 4001 µs/,
  ],
  ['v1 without a quota', [wish('cpu.cfs_burst_us', '4000')], { 'cpu.cfs_quota_us': '-1' }, undefined],
  [
    'the burst of one cgroup and the quota of another',
    [wish('cpu.max.burst', '4000'), wish('cpu.max', '2000 10000', '/a/b')],
    {},
    undefined,
  ],
];
for (const [name, desired, present, conflict] of cases) {
  test(`${name} ${conflict === undefined ? 'goes together' : 'is refused before it is written'}`, () => {
    const read = (of: KnobId): string | undefined =>
      of.kind === 'cgroup' && of.path === '/a' ? present[of.file] : undefined;
    const found = findBurstAboveQuota(desired, { read });
    if (conflict === undefined) assert.equal(found, undefined);
    else assert.match(found?.error.toText() ?? '', conflict);
  });
}
