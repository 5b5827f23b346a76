import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MemoryModule } from '../../../../../collector/kernel/memory-modules/module.ts';
import { parseSmbiosModules } from '../../../../../collector/kernel/memory-modules/smbios.ts';
import { type DeviceFields, memoryDevice, smbiosTable, structure } from '../../../../kit/smbios.ts';

const gib = 2 ** 30;
const ddr4: MemoryModule = { kind: 'ram', sizeBytes: 32 * gib, speedMts: 2933, volatileBytes: 32 * gib };

const devices: readonly {
  readonly name: string;
  readonly fields: DeviceFields;
  /** What differs from a DDR4 module; undefined: no module. */
  readonly expected: Partial<MemoryModule> | undefined;
}[] = [
  { name: 'DDR4 with an extended size', fields: {}, expected: {} },
  { name: 'DDR5', fields: { type: 0x22, speed: 4800 }, expected: { speedMts: 4800 } },
  { name: 'DDR3', fields: { type: 0x18, speed: 1600 }, expected: { speedMts: 1600 } },
  { name: 'RAM, as QEMU calls it', fields: { type: 0x07 }, expected: {} },
  { name: 'a type that is unknown', fields: { type: 0x02 }, expected: {} },
  { name: 'a type of the future', fields: { type: 0xf0 }, expected: {} },
  { name: 'flash of the firmware', fields: { type: 0x09 }, expected: undefined },
  { name: 'graphics memory', fields: { type: 0x05 }, expected: undefined },
  { name: 'an empty slot', fields: { size: 0, type: 0x02, speed: 0 }, expected: undefined },
  { name: 'size in MiB', fields: { size: 8192 }, expected: { sizeBytes: 8 * gib } },
  { name: 'size in KiB', fields: { size: 0x8000 | 512 }, expected: { sizeBytes: 512 * 1024 } },
  { name: 'size unknown', fields: { size: 0xffff }, expected: { sizeBytes: undefined } },
  { name: '1 TiB', fields: { extendedSize: 1024 * 1024 }, expected: { sizeBytes: 1024 * gib } },
  { name: 'the reserved bit of the extended size', fields: { extendedSize: 0x8000_8000 }, expected: {} },
  { name: 'extended size 0', fields: { extendedSize: 0 }, expected: { sizeBytes: undefined } },
  { name: 'speed unknown', fields: { speed: 0 }, expected: { speedMts: undefined } },
  {
    name: 'extended speed',
    fields: { speed: 0xffff, extendedSpeed: 70_000 },
    expected: { speedMts: 70_000 },
  },
  {
    name: 'Intel persistent memory by its technology',
    fields: { technology: 7, size: 0x7fff, extendedSize: 129_408, speed: 2666, volatileBytes: 0n },
    expected: { kind: 'nvm', sizeBytes: 129_408 * 2 ** 20, speedMts: 2666, volatileBytes: 0 },
  },
  { name: 'persistent memory by its type', fields: { type: 0x1f }, expected: { kind: 'nvm' } },
  { name: 'persistent memory by its details', fields: { detail: 0x1080 }, expected: { kind: 'nvm' } },
  { name: 'NVDIMM-N', fields: { technology: 4 }, expected: { kind: 'nvm' } },
  {
    name: 'volatile size unknown',
    fields: { volatileBytes: (1n << 64n) - 1n },
    expected: { volatileBytes: undefined },
  },
  {
    name: 'SMBIOS 2.1: no speed',
    fields: { length: 0x15, size: 1024 },
    expected: { sizeBytes: gib, speedMts: undefined, volatileBytes: undefined },
  },
  {
    name: 'SMBIOS 2.3: no extended size',
    fields: { length: 0x1b },
    expected: { sizeBytes: undefined, volatileBytes: undefined },
  },
  {
    name: 'SMBIOS 2.8: no technology',
    fields: { length: 0x28, technology: 7 },
    expected: { volatileBytes: undefined },
  },
  { name: 'SMBIOS 3.2: no extended speed', fields: { length: 0x54, speed: 0xffff }, expected: { speedMts: undefined } },
  { name: 'too short for a size', fields: { length: 0x0c }, expected: undefined },
];

for (const { name, fields, expected } of devices) {
  test(`memory device: ${name}`, () => {
    const modules = parseSmbiosModules(smbiosTable(memoryDevice(fields)));
    assert.deepEqual(modules, expected === undefined ? [] : [{ ...ddr4, ...expected }]);
  });
}

test('devices among other structures, with and without strings, are found', () => {
  const array = structure(16, Buffer.alloc(0x13));
  const table = smbiosTable(array, memoryDevice(), memoryDevice({ size: 0 }), array, memoryDevice());
  assert.equal(parseSmbiosModules(table)?.length, 2);
});

test('a table without memory devices is undefined, one of empty slots has no modules', () => {
  assert.equal(parseSmbiosModules(smbiosTable()), undefined);
  assert.equal(parseSmbiosModules(new Uint8Array(0)), undefined);
  assert.deepEqual(parseSmbiosModules(smbiosTable(memoryDevice({ size: 0 }))), []);
});

test('what is behind the end of the table is not read', () => {
  assert.equal(parseSmbiosModules(Buffer.concat([smbiosTable(), memoryDevice()])), undefined);
});

const hostile: readonly (readonly [name: string, table: Uint8Array])[] = [
  ['a structure of length 0', Buffer.from([17, 0, 0, 0, 0, 0])],
  ['a structure of length 3', Buffer.from([17, 3, 0, 0, 0, 0])],
  ['a structure longer than the table', Buffer.from([17, 255, 0, 0, 0, 0])],
  ['strings that never end', Buffer.concat([structure(1, Buffer.alloc(4)).subarray(0, 8), Buffer.alloc(4096, 'a')])],
  ['no end structure', memoryDevice().subarray(0, 20)],
];

for (const [name, table] of hostile) {
  test(`hostile table: ${name}`, () => assert.equal(parseSmbiosModules(table), undefined));
}

test('what came before a broken structure counts', () => {
  const table = Buffer.concat([memoryDevice(), Buffer.from([17, 2, 0, 0])]);
  assert.deepEqual(parseSmbiosModules(table), [ddr4]);
});

test('any cut and any changed byte leave a table readable, with no more modules than it had devices', () => {
  const table = smbiosTable(memoryDevice(), memoryDevice({ technology: 7 }), memoryDevice({ size: 0 }));
  const byte = fc.nat(table.length - 1);
  fc.assert(
    fc.property(fc.nat(table.length), fc.array(fc.tuple(byte, fc.nat(255)), { maxLength: 8 }), (end, changes) => {
      const mangled = Buffer.from(table.subarray(0, end));
      for (const [at, value] of changes) if (at < mangled.length) mangled[at] = value;
      for (const { sizeBytes = 1, speedMts = 1 } of parseSmbiosModules(mangled) ?? []) {
        assert.ok(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 && Number.isSafeInteger(speedMts) && speedMts > 0);
      }
    }),
  );
});

test('any bytes are no reason to throw or to read outside of them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(40), (bytes, offset) => {
      // A view into a larger buffer, all of which would be modules.
      const buffer = Buffer.concat([...Array(4)].map(() => memoryDevice()));
      buffer.set(bytes.subarray(0, buffer.length - offset), offset);
      const view = buffer.subarray(offset, Math.min(buffer.length, offset + bytes.length));
      assert.deepEqual(parseSmbiosModules(view), parseSmbiosModules(Uint8Array.from(view)));
    }),
  );
});
