import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { MonCounter } from '../../../../../collector/kernel/resctrl/mon-data.ts';
import { readTaskIds } from '../../../../../collector/kernel/resctrl/placement.ts';
import { Scratch } from '../../../../../collector/kernel/scratch.ts';

const folder = mkdtempSync(join(tmpdir(), 'wca-mon-'));
test.after(() => rmSync(folder, { recursive: true }));
const scratch = new Scratch();
const domain = join(folder, 'mon_data', 'mon_L3_07');
mkdirSync(domain, { recursive: true });

function read(text: string | Uint8Array): string {
  writeFileSync(join(domain, 'llc_occupancy'), text);
  const counter = new MonCounter(folder, 7, { feature: 'llc_occupancy', keepOpen: false });
  const state = counter.read(scratch);
  const { low, high } = scratch.decimal;
  return state === 'value' ? String((BigInt(high) << 32n) | BigInt(low)) : state;
}

for (const [text, expected] of [
  ['0\n', '0'],
  ['11534336\n', '11534336'],
  ['9007199254740993\n', '9007199254740993'],
  ['18446744073709551615\n', '18446744073709551615'],
  ['18446744073709551616\n', 'format'],
  ['Unavailable\n', 'unavailable'],
  ['Unassigned\n', 'unassigned'],
  ['Error\n', 'error'],
  ['', 'format'],
  ['Unavail', 'format'],
  ['12x\n', 'format'],
  ['-1\n', 'format'],
] as const) {
  test(`a counter ${JSON.stringify(text)} reads ${expected}`, () => assert.equal(read(text), expected));
}

test('a counter survives any bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => read(bytes) !== ''));
});

test('a domain that is not there is gone; a file that cannot be read says why', () => {
  const absent = new MonCounter(folder, 8, { feature: 'llc_occupancy', keepOpen: true });
  assert.equal(absent.read(scratch), 'gone');
  mkdirSync(join(domain, 'a_folder'), { recursive: true });
  const folderInstead = new MonCounter(folder, 7, { feature: 'a_folder', keepOpen: true });
  assert.equal(folderInstead.read(scratch), 'failed');
  assert.equal(folderInstead.error().errno, 'EISDIR');
});

test('the ids of a tasks file are read, however many; a group that is gone has none', () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => i + 1);
  for (const [text, expected] of [
    ['', []],
    ['71\n4711\n', [71, 4711]],
    ['71', [71]],
    ['0\n71\nx\n72\n', [71]],
    [ids.map((id) => `${id}\n`).join(''), ids],
  ] as const) {
    writeFileSync(join(folder, 'tasks'), text);
    assert.deepEqual([...(readTaskIds(folder, scratch) ?? [])], expected);
  }
  assert.equal(readTaskIds(join(folder, 'gone'), scratch), undefined);
});
