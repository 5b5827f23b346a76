import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCpuinfo } from '../../../../../collector/kernel/proc/cpuinfo.ts';
import { fixture } from '../../../../kit/package-root.ts';

test('x86: every block of a capture is a CPU', () => {
  const text = readFileSync(fixture('kernels', '6.18-hybrid-2cpu', 'proc/cpuinfo'), 'utf8');
  const first = {
    processor: 0,
    vendor: 'GenuineIntel',
    name: 'Intel(R) Xeon(R) Processor',
    family: 6,
    model: 167,
    stepping: 1,
    socket: 0,
    core: 0,
  };
  assert.deepEqual(parseCpuinfo(text), [first, { ...first, processor: 1, core: 1 }]);
});

test('arm64: implementer, part and revision stand for vendor, model and stepping', () => {
  const block = (id: number) =>
    `processor\t: ${id}\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n\n`;
  const [first, second] = parseCpuinfo(block(0) + block(1));
  assert.deepEqual(first, {
    processor: 0,
    vendor: 'ARM',
    name: undefined,
    family: 8,
    model: 0xd0c,
    stepping: 1,
    socket: undefined,
    core: undefined,
  });
  assert.equal(second?.processor, 1);
});

for (const [name, text, processors] of [
  ['empty', '', []],
  ['without a processor', 'Hardware\t: BCM2835\nModel\t\t: Raspberry Pi\n', []],
  ['cut off', 'processor\t: 0\nvendor_id\t: Gen', [0]],
  ['with a broken id', 'processor\t: x\n\nprocessor\t: 3\n', [3]],
  ['with sparse ids', 'processor : 0\n\nprocessor : 7\n\nprocessor : 4\n', [0, 7, 4]],
  ['with a colon in a value', 'processor\t: 0\nmodel name\t: a: b\n', [0]],
] as const) {
  test(`cpuinfo ${name}`, () => {
    assert.deepEqual(
      parseCpuinfo(text).map(({ processor }) => processor),
      processors,
    );
  });
}

test('any text is survived', () => {
  const word = fc.constantFrom(
    'processor',
    'model',
    ':',
    '\t',
    '\n',
    '\n\n',
    '0x',
    '12',
    '-1',
    'CPU part',
    '99999999999',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(word).map((parts) => parts.join('')),
  );
  fc.assert(fc.property(text, (t) => parseCpuinfo(t).every(({ processor }) => Number.isSafeInteger(processor))));
});
