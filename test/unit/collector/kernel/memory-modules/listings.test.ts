import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDmidecode } from '../../../../../collector/kernel/memory-modules/dmidecode.ts';
import { parseLshw } from '../../../../../collector/kernel/memory-modules/lshw.ts';
import {
  type MemoryModule,
  sumKind,
  sumSpeed,
  sumVolatile,
} from '../../../../../collector/kernel/memory-modules/module.ts';
import { fixture } from '../../../../kit/package-root.ts';

const gib = 2 ** 30;
const mib = 2 ** 20;
const read = (name: string) => readFileSync(fixture('memory-modules', name), 'utf8');
const none = { speedMts: undefined, volatileBytes: undefined } as const;

type Parse = (text: string) => readonly MemoryModule[] | undefined;
const device = (...lines: string[]) => `Memory Device\n${lines.map((line) => `\t${line}\n`).join('')}\n`;

const cases: readonly {
  readonly name: string;
  readonly parse: Parse;
  readonly text: string;
  readonly modules: readonly MemoryModule[] | undefined;
}[] = [
  {
    name: 'dmidecode 3.3: DDR4, an empty slot, persistent memory',
    parse: parseDmidecode,
    text: read('dmidecode-3.3-ddr4-optane.txt'),
    modules: [
      { kind: 'ram', sizeBytes: 32 * gib, speedMts: 2933, volatileBytes: 32 * gib },
      { kind: 'nvm', sizeBytes: 129_408 * mib, speedMts: 2666, volatileBytes: 0 },
      { kind: 'ram', sizeBytes: 32 * gib, speedMts: 2933, volatileBytes: 32 * gib },
    ],
  },
  {
    name: 'dmidecode 2.12: sizes in MB, speeds in MHz',
    parse: parseDmidecode,
    text: read('dmidecode-2.12-ddr3.txt'),
    modules: [1, 2].map(() => ({ kind: 'ram', sizeBytes: 8 * gib, speedMts: 1333, volatileBytes: undefined })),
  },
  {
    name: 'dmidecode in a virtual machine: no speed',
    parse: parseDmidecode,
    text: read('dmidecode-3.2-qemu.txt'),
    modules: [{ kind: 'ram', sizeBytes: 4 * gib, ...none }],
  },
  {
    name: 'dmidecode: the example of the specification, in binary units',
    parse: parseDmidecode,
    text: [
      device('Size: 32 GB', 'Type: DDR4', 'Type Detail: Synchronous', 'Speed: 2933 MT/s'),
      device('Size: No Module Installed', 'Type: Unknown', 'Type Detail: None', 'Speed: Unknown'),
      device(
        'Size: 129408 MB',
        'Type: Logical non-volatile device',
        'Type Detail: Synchronous Non-Volatile',
        'Speed: 2666 MT/s',
      ),
    ].join(''),
    modules: [
      { kind: 'ram', sizeBytes: 32 * gib, speedMts: 2933, volatileBytes: undefined },
      { kind: 'nvm', sizeBytes: 129_408 * mib, speedMts: 2666, volatileBytes: undefined },
    ],
  },
  {
    name: 'dmidecode: TB, kB, DDR5 and speeds that no table has',
    parse: parseDmidecode,
    text:
      device('Size: 1 TB', 'Type: DDR5', 'Speed: 5601 MT/s') + device('Size: 512 kB', 'Type: DRAM', 'Speed: 1 MT/s'),
    modules: [
      { kind: 'ram', sizeBytes: 1024 * gib, speedMts: 5601, volatileBytes: undefined },
      { kind: 'ram', sizeBytes: 512 * 1024, speedMts: 1, volatileBytes: undefined },
    ],
  },
  {
    name: 'dmidecode: a size and a speed that nobody knows leave the module',
    parse: parseDmidecode,
    text: device('Size: Unknown', 'Type: DDR4', 'Speed: fast') + device('Size: 3 XB', 'Type: DDR4', 'Speed: 0 MT/s'),
    modules: [1, 2].map(() => ({ kind: 'ram', sizeBytes: undefined, ...none })),
  },
  {
    name: 'dmidecode: configured speed is not the speed, firmware chips are no modules',
    parse: parseDmidecode,
    text:
      device('Size: 1 GB', 'Type: DDR4', 'Configured Memory Speed: 2400 MT/s') + device('Size: 32 MB', 'Type: Flash'),
    modules: [{ kind: 'ram', sizeBytes: gib, ...none }],
  },
  {
    name: 'dmidecode: cut off within a device',
    parse: parseDmidecode,
    text: read('dmidecode-3.3-ddr4-optane.txt').slice(0, 260),
    modules: [{ kind: 'ram', sizeBytes: 32 * gib, ...none }],
  },
  { name: 'dmidecode: empty', parse: parseDmidecode, text: '', modules: undefined },
  {
    name: 'dmidecode: other structures only',
    parse: parseDmidecode,
    text: 'Physical Memory Array\n\tSize: 4 GB\n\nMemory Device Mapped Address\n\tSize: 4 GB\n',
    modules: undefined,
  },
  ...['lshw-02.19-array.json', 'lshw-02.18-objects.json'].map((name) => ({
    name,
    parse: parseLshw,
    text: read(name),
    modules: [
      { kind: 'ram', sizeBytes: 32 * gib, speedMts: 2933, volatileBytes: undefined },
      { kind: 'nvm', sizeBytes: 135_694_123_008, speedMts: 2666, volatileBytes: undefined },
    ] as const,
  })),
  {
    name: 'lshw: several arrays of memory, a single object',
    parse: parseLshw,
    text: '[{"id": "memory:1", "children": [{"description": "DIMM DDR4", "units": "bytes", "size": 5}]}]',
    modules: [{ kind: 'ram', sizeBytes: 5, ...none }],
  },
  {
    name: 'lshw: another unit, a broken clock',
    parse: parseLshw,
    text: '{"id": "memory", "children": [{"description": "DIMM DDR4", "units": "bits", "size": 5, "clock": "x"}]}',
    modules: [{ kind: 'ram', sizeBytes: undefined, ...none }],
  },
  {
    name: 'lshw: what is no slot',
    parse: parseLshw,
    text: '[null, 5, {"id": 7}, {"id": "memory", "children": {}}, {"id": "memory", "children": [null, "x", {"size": "5"}]}]',
    modules: [],
  },
  { name: 'lshw: memory without slots', parse: parseLshw, text: '[{"id": "memory", "size": 5}]', modules: undefined },
  { name: 'lshw: cut off', parse: parseLshw, text: read('lshw-02.19-array.json').slice(0, -20), modules: undefined },
  { name: 'lshw: empty', parse: parseLshw, text: '', modules: undefined },
  {
    name: 'lshw: names of the prototype',
    parse: parseLshw,
    text: '{"__proto__": {"id": "memory"}}',
    modules: undefined,
  },
];

for (const { name, parse, text, modules } of cases) {
  test(name, () => assert.deepEqual(parse(text), modules));
}

test('any text is read or is nothing', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(
      'Memory Device\n',
      '\tSize: ',
      '32 GB',
      '\n',
      '\tType: DDR4\n',
      '{"id":"memory","children":[',
      ']}',
      ',',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      for (const parse of [parseDmidecode, parseLshw]) {
        for (const { sizeBytes = 0 } of parse(pieces.join('')) ?? []) assert.ok(Number.isSafeInteger(sizeBytes));
      }
    }),
  );
});

const module = (fields: Partial<MemoryModule>): MemoryModule => ({
  kind: 'ram',
  sizeBytes: 32 * gib,
  speedMts: 2933,
  volatileBytes: 0,
  ...fields,
});

test('sums are those of one kind; what one module does not know the sum does not', () => {
  const modules = [module({}), module({}), module({ kind: 'nvm', sizeBytes: 5, volatileBytes: 3 })];
  assert.deepEqual(sumKind(modules, 'ram'), { count: 2, sizeBytes: 64 * gib });
  assert.deepEqual(sumKind(modules, 'nvm'), { count: 1, sizeBytes: 5 });
  assert.equal(sumVolatile(modules), 3);
  assert.deepEqual(sumKind([...modules, module({ sizeBytes: undefined })], 'ram'), { count: 3, sizeBytes: undefined });
  assert.deepEqual(sumKind([], 'ram'), { count: 0, sizeBytes: 0 });
  assert.deepEqual(sumKind([module({ sizeBytes: Number.MAX_SAFE_INTEGER }), module({})], 'ram').sizeBytes, undefined);
});

const speeds: readonly (readonly [speeds: readonly (number | undefined)[], expected: number | undefined])[] = [
  [[1600], 12_800e6],
  [[2400, 2400], 38_400e6],
  [[2933, 2933, 2933, 2933], 93_856e6],
  [[3200, 2933], 49_064e6],
  [[5600], 44_800e6],
  [[2933, undefined], undefined],
  [[], undefined],
];

for (const [of, expected] of speeds) {
  test(`modules of ${of.join(', ')} MT/s move ${expected} bytes a second, persistent memory beside them not counted`, () => {
    const modules = of.map((speedMts) => module({ speedMts }));
    assert.equal(sumSpeed([...modules, module({ kind: 'nvm', speedMts: 2666 })]), expected);
  });
}
