import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFormat, placeBits, readEventFormat } from '../../../../../../collector/kernel/perf/uncore/format.ts';
import {
  kindsOf,
  parseKernelEvent,
  pmusOfKind,
  readCpumask,
  readUncorePmus,
} from '../../../../../../collector/kernel/perf/uncore/pmus.ts';
import { Scratch } from '../../../../../../collector/kernel/scratch.ts';
import { UncoreTree } from '../../../../../kit/uncore-tree.ts';

const scratch = new Scratch();

test('PMUs of sockets are those with a cpumask, ascending by index', (t) => {
  const tree = new UncoreTree('sapphireRapids');
  t.after(() => tree.remove());
  const pmus = readUncorePmus(tree.roots, scratch);
  assert.deepEqual(kindsOf(pmus), ['uncore_imc', 'uncore_imc_free_running', 'uncore_m2m', 'uncore_upi']);
  assert.deepEqual(
    pmusOfKind(pmus, 'uncore_imc').map(({ name, type }) => `${name}=${type}`),
    Array.from({ length: 12 }, (_, i) => `uncore_imc_${i}=${50 + i}`),
  );
});

test('without the bus of event sources PMUs are found among the devices', (t) => {
  const tree = new UncoreTree({});
  t.after(() => tree.remove());
  tree.write('sys/devices/uncore_imc_0/type', '17\n');
  tree.write('sys/devices/uncore_imc_0/cpumask', '0,28\n');
  tree.write('sys/devices/system/cpu/online', '0-55\n');
  assert.deepEqual(
    readUncorePmus(tree.roots, scratch).map(({ name, type }) => [name, type]),
    [['uncore_imc_0', 17]],
  );
});

test('a machine without sysfs has no PMUs', () => {
  assert.deepEqual(readUncorePmus({ procfs: '/none', sysfs: '/none' }, scratch), []);
});

for (const type of ['', '\n', 'x\n', '-1\n', '17 18\n', '12345678901234567890\n']) {
  test(`a PMU of type ${JSON.stringify(type)} is none`, (t) => {
    const tree = new UncoreTree({ uncore_imc_0: { type: 17, cpumask: '0' } });
    t.after(() => tree.remove());
    tree.pmu('uncore_imc_0/type', type);
    assert.deepEqual(readUncorePmus(tree.roots, scratch), []);
  });
}

const named = (...names: readonly string[]) => names.map((name) => ({ name, folder: `/${name}`, type: 1 }));
const kinds: readonly (readonly [kind: string, there: readonly string[], found: readonly string[]])[] = [
  ['uncore_imc', ['uncore_imc_0', 'uncore_imc_11', 'uncore_imc_free_running_0'], ['uncore_imc_0', 'uncore_imc_11']],
  ['uncore_imc', ['uncore_imc', 'uncore_imcx', 'uncore_imc_', 'uncore_imc_0x'], ['uncore_imc']],
  ['uncore_imc_free_running', ['uncore_imc_0', 'uncore_imc_free_running_1'], ['uncore_imc_free_running_1']],
  ['amd_l3', ['amd_l3', 'amd_df', 'amd_umc_0'], ['amd_l3']],
  ['amd_umc', ['amd_umc_0', 'amd_umc_1', 'amd_umc_10'], ['amd_umc_0', 'amd_umc_1', 'amd_umc_10']],
  ['uncore', ['uncore_imc_0', 'uncore_0'], ['uncore_0']],
];
for (const [kind, there, found] of kinds) {
  test(`of ${there.join(', ')} these are ${kind}: ${found.join(', ')}`, () => {
    assert.deepEqual(
      pmusOfKind(named(...there), kind).map(({ name }) => name),
      found,
    );
  });
}

const masks: readonly (readonly [text: string, cpus: readonly number[] | undefined])[] = [
  ['0,28\n', [0, 28]],
  ['0\n', [0]],
  ['\n', []],
  ['0-1,64,127\n', [0, 1, 64, 127]],
  ['0,', undefined],
  ['00000001\n', undefined],
  ['ff\n', undefined],
];
for (const [text, cpus] of masks) {
  test(`the cpumask ${JSON.stringify(text)} is ${JSON.stringify(cpus)}`, (t) => {
    const tree = new UncoreTree({ uncore_imc_0: { type: 17, cpumask: '0' } });
    t.after(() => tree.remove());
    tree.pmu('uncore_imc_0/cpumask', text);
    const [pmu] = readUncorePmus(tree.roots, scratch);
    assert.ok(pmu);
    assert.deepEqual(readCpumask(pmu, scratch), cpus);
  });
}

const formats: readonly (readonly [text: string, ranges: readonly (readonly [number, number])[] | undefined])[] = [
  ['config:0-7\n', [[0, 7]]],
  [
    'config:8-15,32-63\n',
    [
      [8, 15],
      [32, 63],
    ],
  ],
  ['config:21', [[21, 21]]],
  ['config1:0-31\n', undefined],
  ['config:\n', undefined],
  ['config:7-0\n', undefined],
  ['config:0-64\n', undefined],
  ['config:0-7,\n', undefined],
  ['', undefined],
  ['config:0-7\nconfig:8\n', undefined],
];
for (const [text, ranges] of formats) {
  test(`the format ${JSON.stringify(text)} is ${JSON.stringify(ranges)}`, () =>
    assert.deepEqual(parseFormat(text), ranges));
}

test('a wide umask goes where the format says', () => {
  const umask = parseFormat('config:8-15,32-63');
  assert.ok(umask);
  assert.equal(placeBits(0xc001fe01n, umask), 0x00c001fe_00000100n);
  assert.equal(placeBits(0x1_00_0000_0000n, umask), undefined);
});

test('bits are spread without loss, or refused', () => {
  const ranges = fc
    .uniqueArray(fc.nat(63), { minLength: 1, maxLength: 64 })
    .map((bits) => bits.sort((a, b) => a - b).map((bit) => [bit, bit] as const));
  fc.assert(
    fc.property(ranges, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (field, value) => {
      const placed = placeBits(value, field);
      if (placed === undefined) return assert.ok(value >> BigInt(field.length) > 0n);
      const back = field.reduce((sum, [bit], i) => sum | (((placed >> BigInt(bit)) & 1n) << BigInt(i)), 0n);
      assert.equal(back, value);
    }),
  );
});

test('without format files event and umask are where the original has them', (t) => {
  const tree = new UncoreTree({ uncore_imc_0: { type: 17, cpumask: '0' } });
  t.after(() => tree.remove());
  const [pmu] = readUncorePmus(tree.roots, scratch);
  assert.ok(pmu);
  assert.deepEqual(readEventFormat(pmu, scratch), { event: [[0, 7]], umask: [[8, 15]] });
});

const kernelEvents: readonly (readonly [text: string, event: readonly [bigint, bigint] | undefined])[] = [
  ['event=0x04,umask=0x03\n', [4n, 3n]],
  ['event=0xff\n', [255n, 0n]],
  ['event=0x00,umask=0x00', [0n, 0n]],
  ['event=0x04,umask=0x03,edge=1\n', undefined],
  ['umask=0x03\n', undefined],
  ['event=4\n', undefined],
  ['', undefined],
];
for (const [text, event] of kernelEvents) {
  test(`the kernel's event ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseKernelEvent(text), event === undefined ? undefined : { event: event[0], umask: event[1] });
  });
}
