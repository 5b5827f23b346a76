import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normaliseWishes, parseAllocationWords, parseDuration } from '../../../../controller/ctl/allocation-words.ts';
import type { AllocationUnits } from '../../../../shared/allocation/normalise.ts';

const units: AllocationUnits = { cpus: 4, periodUs: 100_000, sharesUnit: 1000, conversion: 'kernel' };

test('words with a type before = are values, the others are tasks', () => {
  const { names, wishes } = parseAllocationWords(['redis-0', '/a=b/c', 'cpu_quota=0.5', 'cpuset_cpus=0-3,6']);
  assert.deepEqual(names, ['redis-0', '/a=b/c']);
  assert.deepEqual(
    [...wishes],
    [
      ['cpu_quota', 0.5],
      ['cpuset_cpus', '0-3,6'],
    ],
  );
});

const values: readonly (readonly [word: string, expected: unknown])[] = [
  ['cpu_quota=.25', { type: 'cpu_quota', quotaUs: 100_000, periodUs: 100_000 }],
  ['cpu_quota=1', { type: 'cpu_quota', quotaUs: undefined, periodUs: 100_000 }],
  ['cpu_shares=1.5', { type: 'cpu_shares', shares: 1500, conversion: 'kernel' }],
  ['cpuset_mems=0', { type: 'cpuset_mems', ids: '0' }],
  ['cpuset_memory_migrate=on', { type: 'cpuset_memory_migrate', on: true }],
  ['cpu_idle=0', { type: 'cpu_idle', on: false }],
  ['memory_high=512Mi', { type: 'memory_high', bytes: 512 * 1024 ** 2 }],
  ['memory_low=1.5G', { type: 'memory_low', bytes: 1_500_000_000 }],
  ['memory_high=max', { type: 'memory_high', bytes: undefined }],
  ['io_weight=50', { type: 'io_weight', weight: 50 }],
  ['migrate_pages=1', { type: 'migrate_pages', node: 1, bulk: false }],
  ['rdt.l3=L3:0=f;1=ff', { type: 'rdt', group: undefined, lines: ['L3:0=f;1=ff'] }],
];

for (const [word, expected] of values) {
  test(`${word} becomes a value in kernel units`, () => {
    const { wishes } = parseAllocationWords(['t', word]);
    assert.deepEqual(normaliseWishes(wishes, units).values, [expected]);
  });
}

test('the parts of rdt are one value', () => {
  const { wishes } = parseAllocationWords(['t', 'rdt.name=be', 'rdt.l3=L3:0=f', 'rdt.mb=MB:0=50']);
  assert.deepEqual(normaliseWishes(wishes, units).values, [{ type: 'rdt', group: 'be', lines: ['L3:0=f', 'MB:0=50'] }]);
});

const wrong: readonly (readonly [words: readonly string[], message: RegExp])[] = [
  [['cpu_quta=1'], /cpu_quta is no allocation/],
  [['rdt=1'], /rdt is no allocation/],
  [['rdt.l4=1'], /rdt\.l4 is no allocation/],
  [['cpu_quota=1', 'cpu_quota=0.5'], /given twice/],
  [['rdt.l3=a', 'rdt.l3=b'], /given twice/],
  [['cpu_quota=half'], /must be a finite number/],
  [['cpu_quota=-1'], /must be from 0 to 1/],
  [['cpuset_cpus='], /must be a list of ids/],
  [['memory_high=12X'], /must be a finite number/],
  [['cpu_idle=maybe'], /must be 0 or 1/],
];

for (const [words, message] of wrong) {
  test(`${words.join(' ')} is refused: ${message.source}`, () => {
    assert.throws(() => normaliseWishes(parseAllocationWords(['t', ...words]).wishes, units), message);
  });
}

test('a quota below what the kernel has is told', () => {
  const { notes } = normaliseWishes(new Map([['cpu_quota', 0.0001]]), units);
  assert.match(notes.join(), /less than the kernel's least quota/);
  assert.doesNotMatch(notes.join(), /cpu_quota_period/);
});

test('durations', () => {
  for (const [text, ms] of [
    ['60', 60_000],
    ['60s', 60_000],
    ['0.5s', 500],
    ['5m', 300_000],
    ['1h', 3_600_000],
  ] as const)
    assert.equal(parseDuration(text, '--lease'), ms);
  for (const text of ['', '0', '-5', '5d', 'soon', '1e3', ' '])
    assert.throws(() => parseDuration(text, '--lease'), /is no duration/);
});

test('whatever is typed is a task, a value or one clear error', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 5 }), (words) => {
      try {
        const { names, wishes } = parseAllocationWords(words);
        assert.ok(names.length + wishes.size <= words.length);
      } catch (thrown) {
        assert.ok(thrown instanceof Error && 'code' in thrown && thrown.code === 'INVALID_ARGUMENT', String(thrown));
      }
    }),
  );
});
