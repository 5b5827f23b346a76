import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AllocationMemo } from '../../../../controller/runners/allocation-memo.ts';
import type { AllocationValue, CurrentAllocations } from '../../../../shared/allocation/values.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';

const wish: readonly AllocationValue[] = [{ type: 'cpuset_cpus', ids: '0' }];
const other: readonly AllocationValue[] = [{ type: 'cpuset_cpus', ids: '1' }];

function bench(): { readonly clock: FakeClock; readonly memo: AllocationMemo } {
  const clock = new FakeClock();
  return { clock, memo: new AllocationMemo(clock) };
}

test('a rejected question is asked again after 10 s, 20 s, ... 5 min', () => {
  const { clock, memo } = bench();
  for (const pauseMs of [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
    memo.note('t', wish, { current: undefined, isDone: false });
    clock.advanceMs(pauseMs - 1);
    assert.equal(memo.isKnown('t', wish, undefined), true);
    clock.advanceMs(1);
    assert.equal(memo.isKnown('t', wish, undefined), false);
  }
});

test('another wish, another state, another task, and a forgotten one are asked at once', () => {
  const { memo } = bench();
  const current: CurrentAllocations = { identity: 2n ** 60n, values: [] };
  memo.note('t', wish, { current, isDone: true });
  assert.equal(memo.isKnown('t', wish, current), true);
  assert.equal(memo.isKnown('t', other, current), false);
  assert.equal(memo.isKnown('t', wish, { ...current, identity: 2n ** 60n + 1n }), false);
  assert.equal(memo.isKnown('t', wish, undefined), false);
  assert.equal(memo.isKnown('u', wish, current), false);
  memo.keepOnly(new Set(['u']));
  assert.equal(memo.isKnown('t', wish, current), false);
  memo.note('t', wish, { current, isDone: true });
  memo.clear();
  assert.equal(memo.isKnown('t', wish, current), false);
});

test('a new wish begins with the short pause', () => {
  const { clock, memo } = bench();
  memo.note('t', wish, { current: undefined, isDone: false });
  memo.note('t', wish, { current: undefined, isDone: false });
  memo.note('t', other, { current: undefined, isDone: false });
  clock.advanceMs(10_000);
  assert.equal(memo.isKnown('t', other, undefined), false);
});
