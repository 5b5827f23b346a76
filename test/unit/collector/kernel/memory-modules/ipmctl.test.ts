import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type NvdimmModule,
  parseMemoryModeBytes,
  parseNvdimms,
  parseRegionModules,
} from '../../../../../collector/kernel/memory-modules/ipmctl.ts';
import { sumBandwidth } from '../../../../../collector/kernel/memory-modules/nvdimm-bandwidth.ts';
import { fixture } from '../../../../kit/package-root.ts';

const read = (name: string) => readFileSync(fixture('memory-modules', name), 'utf8');

const memory: readonly (readonly [name: string, text: string, bytes: number | undefined])[] = [
  ['the older form', read('ipmctl-01.00-memoryresources.txt'), 270_582_939_648],
  ['the table', read('ipmctl-02.00-memoryresources.txt'), 1_082_331_758_592],
  ['the table with DCPMM', 'MemoryType | DDR | DCPMM | Total\nVolatile | 1 B | 2 B | 3 B\n', 2],
  ['the table with a dash', 'MemoryType | DDR | PMemModule | Total\nVolatile | 1 B | - | 1 B\n', 0],
  ['a table without the row', 'MemoryType | DDR | PMemModule | Total\nAppDirect | - | 2 B | 2 B\n', 0],
  ['the last of several lines counts', 'MemoryCapacity=1 B\nMemoryCapacity=2 B\n', 2],
  ['a bare number', 'MemoryCapacity=541165879296\n', 541_165_879_296],
  ['binary units', 'MemoryCapacity=1008.0 GiB\n', 1_082_331_758_592],
  ['decimal units', 'MemoryCapacity=541.2 GB\n', 541_200_000_000],
  ['no such line', 'No functional DIMMs in the system.\n', 0],
  ['empty', '', 0],
  ['a value that is none', 'MemoryCapacity=N/A\n', undefined],
  ['a unit nobody knows', 'MemoryCapacity=5 XiB\n', undefined],
  ['cut off', 'MemoryCapacity', undefined],
];

for (const [name, text, bytes] of memory) {
  test(`memory mode: ${name}`, () => assert.equal(parseMemoryModeBytes(text), bytes));
}

test('modules with id, socket, capacity and power', () => {
  const modules = parseNvdimms(read('ipmctl-01.00-dimm.txt'));
  const common = { capacityBytes: 135_290_290_176, powerWatts: 15 };
  assert.deepEqual(modules, [
    { id: '0x0001', socket: 0, ...common },
    { id: '0x0101', socket: 0, ...common },
    { id: '0x1001', socket: 1, ...common },
    { id: '0x1101', socket: 1, ...common },
  ]);
});

const dimms: readonly (readonly [name: string, text: string, expected: readonly Partial<NvdimmModule>[]])[] = [
  ['none', 'No DIMMs in the system.\n', []],
  ['empty', '', []],
  ['fields before the first module', 'Capacity=5 B\n', []],
  [
    'a field that is missing',
    '---DimmID=0x0001---\n   Capacity=5 B\n',
    [{ capacityBytes: 5, socket: undefined, powerWatts: undefined }],
  ],
  [
    'not available',
    '---DimmID=0x0001---\n   Capacity=N/A\n   AvgPowerBudget=N/A\n   SocketID=x\n',
    [{ capacityBytes: undefined, powerWatts: undefined, socket: undefined }],
  ],
  ['the newer name of the power', '---DimmID=0x0001---\n   AvgPowerLimit=15000 mW\n', [{ powerWatts: 15 }]],
  ['sockets are hexadecimal', '---DimmID=0x0001---\n   SocketID=0x000a\n', [{ socket: 10 }]],
  ['an unknown field', '---DimmID=0x0001---\n   Color=red\n   SocketID=0x0001\n', [{ socket: 1 }]],
  ['cut off', '---DimmID=0x0001---\n   SocketID=0x0001\n---DimmID=0x00', [{ socket: 1 }]],
];

for (const [name, text, expected] of dimms) {
  test(`modules: ${name}`, () => {
    const found = parseNvdimms(text);
    assert.equal(found.length, expected.length);
    for (const [i, fields] of expected.entries()) assert.deepEqual({ ...found[i], ...fields }, found[i]);
  });
}

test('modules of regions, each once', () => {
  assert.deepEqual([...parseRegionModules(read('ipmctl-01.00-region.txt'))], ['0x0001', '0x0101', '0x1001', '0x1101']);
  const twice = '---ISetID=0x1---\n DimmID=0x0001\n---ISetID=0x2---\n DimmID=0x0001, 0x0011\n';
  assert.deepEqual([...parseRegionModules(twice)], ['0x0001', '0x0011']);
  assert.deepEqual([...parseRegionModules('There are no Regions defined in the system.\n')], []);
});

const module = (fields: Partial<NvdimmModule> = {}): NvdimmModule => ({
  id: '0x0001',
  socket: 0,
  capacityBytes: 130e9,
  powerWatts: 12,
  ...fields,
});

/** Power, modules, capacity of each: the vectors of the specification §6.12 first. */
const bandwidths: readonly (readonly [
  watts: number | undefined,
  count: number,
  gigabytes: number | undefined,
  read: number | undefined,
  write: number | undefined,
])[] = [
  [15, 2, 20, 13.6, 3.7],
  [15, 2, 201, 13.6, 4.6],
  [15, 2, 500, 10.6, 3.78],
  [12, 2, 130, 8.6, 2.96],
  [9, 1, 130, 2.4, 0.88],
  [14.9, 1, 130, 4.3, 1.48],
  [18, 6, 512, 46.8, 16.08],
  [20, 1, 256, 8.3, 3],
  [15, 1, 200, 6.8, 2.3],
  // The vendor has no figures for these.
  [18, 1, 130, undefined, undefined],
  [10, 1, 256, undefined, undefined],
  [undefined, 1, 130, undefined, undefined],
  [15, 1, undefined, undefined, undefined],
];

for (const [powerWatts, count, gigabytes, reads, writes] of bandwidths) {
  test(`bandwidth of ${count} modules of ${gigabytes} GB at ${powerWatts} W`, () => {
    const capacityBytes = gigabytes === undefined ? undefined : gigabytes * 1e9;
    const modules = Array.from({ length: count }, (_, i) => module({ id: `0x000${i}`, powerWatts, capacityBytes }));
    const bytes = (gb: number | undefined) => (gb === undefined ? undefined : Math.round(gb * 100) * 1e7);
    const expected = { socket: 0, readBytesPerSecond: bytes(reads), writeBytesPerSecond: bytes(writes) };
    assert.deepEqual(sumBandwidth(modules, new Set()), [expected]);
  });
}

test('only modules in regions count, all of them where there are no regions, by ascending socket', () => {
  const modules = [
    module({ id: '0x1001', socket: 1 }),
    module({ id: '0x0001' }),
    module({ id: '0x0011' }),
    module({ id: '0x0021', socket: undefined }),
  ];
  const reads = (inRegions: readonly string[]) =>
    sumBandwidth(modules, new Set(inRegions)).map(({ socket, readBytesPerSecond }) => [socket, readBytesPerSecond]);
  assert.deepEqual(reads([]), [
    [0, 8_600_000_000],
    [1, 4_300_000_000],
  ]);
  assert.deepEqual(reads(['0x0001']), [[0, 4_300_000_000]]);
  assert.deepEqual(reads(['0x9999']), []);
});

test('the modules of the fixtures, one region a socket', () => {
  const modules = parseNvdimms(read('ipmctl-01.00-dimm.txt'));
  const bandwidth = { readBytesPerSecond: 13_600_000_000, writeBytesPerSecond: 3_700_000_000 };
  assert.deepEqual(sumBandwidth(modules, parseRegionModules(read('ipmctl-01.00-region.txt'))), [
    { socket: 0, ...bandwidth },
    { socket: 1, ...bandwidth },
  ]);
});

test('any text is read without throwing, and numbers are numbers', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 10 }),
    fc.constantFrom(
      '---DimmID=0x0001---\n',
      '---ISetID=0x1---\n',
      'Capacity=',
      'DimmID=',
      '0x0001',
      ' B',
      '\n',
      '| ',
      'Volatile',
      'MemoryType',
      '9'.repeat(20),
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('');
      const values = [parseMemoryModeBytes(text), ...parseNvdimms(text).map(({ capacityBytes }) => capacityBytes)];
      for (const value of values) assert.ok(value === undefined || Number.isSafeInteger(value));
      sumBandwidth(parseNvdimms(text), parseRegionModules(text));
    }),
  );
});
