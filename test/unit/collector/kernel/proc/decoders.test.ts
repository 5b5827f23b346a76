import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { NodeMemoryDecoder } from '../../../../../collector/kernel/numa/nodes.ts';
import { parseAuxv } from '../../../../../collector/kernel/proc/auxv.ts';
import { MemoryUsageDecoder, parseMemoryFacts } from '../../../../../collector/kernel/proc/meminfo.ts';
import { CpuTicksDecoder, StealDecoder } from '../../../../../collector/kernel/proc/stat.ts';
import { VmstatDecoder } from '../../../../../collector/kernel/proc/vmstat.ts';
import { Row } from '../../../../../collector/kernel/row.ts';
import { Scratch } from '../../../../../collector/kernel/scratch.ts';

interface Decoder {
  decode(scratch: Scratch, row: Row, at: number): boolean;
}

function decode(decoder: Decoder, text: string | Uint8Array, width: number) {
  const scratch = new Scratch();
  scratch.bytes.fill('9');
  scratch.length = Buffer.from(text).copy(scratch.bytes);
  const row = new Row(width + 2);
  for (let i = 0; i < row.width; i++) row.setInteger(i, 77);
  const whole = decoder.decode(scratch, row, 1);
  const slot = (i: number) => (BigInt(row.words[2 * i + 1] ?? 0) << 32n) | BigInt(row.words[2 * i] ?? 0);
  assert.deepEqual([slot(0), slot(width + 1)], [77n, 77n], 'slots of others are untouched');
  return { whole, values: Array.from({ length: width }, (_, i) => (row.present[i + 1] ? slot(i + 1) : undefined)) };
}

const stat =
  'cpu  300 2 160 9000 40 0 10 4 0 0\ncpu0 100 1 60 4500 20 0 6 3 0 0\ncpu7 200 1 100 4500 20 0 4 1 0 0\nintr 5 0\nctxt 1\n';
const meminfo =
  'MemTotal:       16000000 kB\nMemFree:         4000000 kB\nMemAvailable:    9000000 kB\nBuffers:          500000 kB\nCached:          5500000 kB\nSwapCached:         1000 kB\nSwapTotal:       2097148 kB\n';
const vmstat = 'pgfault 9007199254740993\npgmajfault 3\nnuma_hint_faults 60\nnuma_hint_faults_local 45\n';
const nodeMeminfo =
  'Node 2 MemTotal:       8000000 kB\nNode 2 MemFree:        3000000 kB\nNode 2 MemUsed:        5000000 kB\n';

const cases: readonly {
  readonly name: string;
  readonly decoder: Decoder;
  readonly text: string;
  readonly values: readonly (bigint | undefined)[];
  readonly broken?: true;
}[] = [
  {
    name: 'stat: the values of the specification',
    decoder: new CpuTicksDecoder([0, 7]),
    text: stat,
    values: [170n, 306n],
  },
  {
    name: 'stat: an offline CPU is absent',
    decoder: new CpuTicksDecoder([0, 3, 7]),
    text: stat,
    values: [170n, undefined, 306n],
  },
  { name: 'stat: a CPU not asked for is left out', decoder: new CpuTicksDecoder([7]), text: stat, values: [306n] },
  {
    name: 'stat: steal is field 8 of the sum, also above 2^53',
    decoder: new StealDecoder(),
    text: 'cpu  9900 0 4333 549248 929 0 115 18014398509481984 7 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n',
    values: [18014398509481984n],
  },
  {
    name: 'stat: steal without the line of the sum',
    decoder: new StealDecoder(),
    text: 'cpu0 1 2 3 4 5 6 7 8 0 0\n',
    values: [undefined],
    broken: true,
  },
  {
    name: 'stat: steal, cut off',
    decoder: new StealDecoder(),
    text: 'cpu  1 2 3 4 5 6 7',
    values: [undefined],
    broken: true,
  },
  { name: 'stat: empty', decoder: new CpuTicksDecoder([0]), text: '', values: [undefined] },
  {
    name: 'stat: broken value',
    decoder: new CpuTicksDecoder([0, 1]),
    text: 'cpu0 1 x 3\ncpu1 1 1 1 1 1 1 1 1\n',
    values: [undefined, 6n],
    broken: true,
  },
  { name: 'stat: cut off', decoder: new CpuTicksDecoder([0]), text: 'cpu0 1 2 3', values: [undefined], broken: true },
  {
    name: 'stat: before steal and guest were told',
    decoder: new CpuTicksDecoder([0]),
    text: 'cpu0 1 1 1 9 9 1 1\n',
    values: [undefined],
    broken: true,
  },
  {
    name: 'stat: above 2^32',
    decoder: new CpuTicksDecoder([0]),
    text: 'cpu0 5000000000 1 1 9 9 1 1 1 0 0\n',
    values: [5_000_000_005n],
  },
  {
    name: 'meminfo: the value of the specification',
    decoder: new MemoryUsageDecoder(),
    text: meminfo,
    values: [6_144_000_000n],
  },
  {
    name: 'meminfo: SwapCached is not Cached',
    decoder: new MemoryUsageDecoder(),
    text: meminfo.replace('\nCached', '\nXached'),
    values: [undefined],
    broken: true,
  },
  { name: 'meminfo: empty', decoder: new MemoryUsageDecoder(), text: '', values: [undefined], broken: true },
  {
    name: 'meminfo: broken value',
    decoder: new MemoryUsageDecoder(),
    text: meminfo.replace('500000', '5x'),
    values: [undefined],
    broken: true,
  },
  {
    name: 'meminfo: never below zero',
    decoder: new MemoryUsageDecoder(),
    text: meminfo.replace('16000000', '1'),
    values: [0n],
  },
  {
    name: 'vmstat: exact keys',
    decoder: new VmstatDecoder(['numa_hint_faults', 'pgfault', 'numa_hint_faults_local']),
    text: vmstat,
    values: [60n, 9_007_199_254_740_993n, 45n],
  },
  {
    name: 'vmstat: a key this kernel lacks',
    decoder: new VmstatDecoder(['numa_pages_migrated', 'pgmajfault']),
    text: vmstat,
    values: [undefined, 3n],
  },
  {
    name: 'vmstat: broken value',
    decoder: new VmstatDecoder(['a', 'b']),
    text: 'a x\nb 2\n',
    values: [undefined, 2n],
    broken: true,
  },
  {
    name: 'node meminfo',
    decoder: new NodeMemoryDecoder(2),
    text: nodeMeminfo,
    values: [3_072_000_000n, 5_120_000_000n],
  },
  {
    name: 'node meminfo of another node',
    decoder: new NodeMemoryDecoder(1),
    text: nodeMeminfo,
    values: [undefined, undefined],
    broken: true,
  },
  {
    name: 'node meminfo cut off',
    decoder: new NodeMemoryDecoder(2),
    text: nodeMeminfo.slice(0, 80),
    values: [3_072_000_000n, undefined],
    broken: true,
  },
];
for (const { name, decoder, text, values, broken } of cases) {
  test(`${name}`, () => {
    assert.deepEqual(decode(decoder, text, values.length), { whole: broken !== true, values });
    assert.deepEqual(decode(decoder, text, values.length).values, values, 'again, with remembered places');
  });
}

test('this host: the ticks of the CPUs add up to those of the sum line', () => {
  const text = readFileSync('/proc/stat', 'utf8');
  const ids = [...text.matchAll(/^cpu(\d+) /gm)].map(([, id]) => Number(id));
  const { whole, values } = decode(new CpuTicksDecoder(ids), text, ids.length);
  assert.equal(whole, true);
  const sum = values.reduce((a: bigint, value) => a + (value ?? 0n), 0n);
  const [user, nice, system, , , irq, softirq, steal] = (/^cpu +(.*)$/m.exec(text)?.[1] ?? '').split(' ').map(BigInt);
  const expected = [user, nice, system, irq, softirq, steal].reduce((a: bigint, value) => a + (value ?? 0n), 0n);
  const difference = sum > expected ? sum - expected : expected - sum;
  assert.ok(difference <= BigInt(6 * ids.length), `each rounds for itself: ${sum} and ${expected}`);
});

test('any bytes are survived', () => {
  const word = fc.constantFrom(
    'cpu',
    'cpu0 ',
    'MemTotal:',
    'pgfault ',
    'Node 2 MemFree:',
    ' ',
    '\n',
    '1',
    '99999999999999999999',
    stat,
    meminfo,
  );
  const text = fc.oneof(
    fc.array(word, { maxLength: 20 }).map((parts) => Buffer.from(parts.join(''))),
    fc.uint8Array(),
  );
  fc.assert(
    fc.property(text, (bytes) => {
      decode(new CpuTicksDecoder([0, 7]), bytes, 2);
      decode(new MemoryUsageDecoder(), bytes, 1);
      decode(new VmstatDecoder(['pgfault']), bytes, 1);
      decode(new NodeMemoryDecoder(2), bytes, 2);
      parseAuxv(bytes);
    }),
  );
});

for (const [text, facts] of [
  [meminfo, { totalBytes: 16_384_000_000, swapEnabled: true }],
  [meminfo.replace('2097148', '0'), { totalBytes: 16_384_000_000, swapEnabled: false }],
  ['', { totalBytes: 0, swapEnabled: false }],
  ['MemTotal: x kB\nSwapTotal: 1', { totalBytes: 0, swapEnabled: false }],
] as const) {
  test(`memory facts of ${JSON.stringify(text.slice(-30))}`, () => assert.deepEqual(parseMemoryFacts(text), facts));
}

function auxv(...entries: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.alloc(entries.length * 16);
  entries.forEach(([type, value], i) => {
    bytes.writeBigUInt64LE(BigInt(type), 16 * i);
    bytes.writeBigUInt64LE(BigInt(value), 16 * i + 8);
  });
  return bytes;
}

test('auxv of this process says what its units are', () => {
  const units = parseAuxv(readFileSync('/proc/self/auxv'));
  assert.ok(units.ok);
  assert.equal(units.value.clockTicksPerSecond, 100);
  assert.ok([4096, 16_384, 65_536].includes(units.value.pageSizeBytes));
});

for (const [name, bytes, pageSizeBytes] of [
  ['64 kB pages', auxv([33, 1], [6, 65_536], [17, 100], [0, 0]), 65_536],
  ['empty', auxv(), undefined],
  ['cut off', auxv([6, 4096], [17, 100]).subarray(0, 20), undefined],
  ['ended early', auxv([6, 4096], [0, 0], [17, 100]), undefined],
  ['a page size that is none', auxv([6, 5000], [17, 100]), undefined],
] as const) {
  test(`auxv: ${name}`, () => {
    const units = parseAuxv(bytes);
    assert.equal(units.ok ? units.value.pageSizeBytes : undefined, pageSizeBytes);
    if (!units.ok) assert.equal(units.error.code, 'KERNEL_FORMAT');
  });
}
