import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecimalScanner } from '../../../../collector/kernel/decimal.ts';
import { Row } from '../../../../collector/kernel/row.ts';

function scan(text: string): bigint | undefined {
  const bytes = Buffer.from(text, 'latin1');
  const decimal = new DecimalScanner();
  return decimal.scan(bytes, 0, bytes.length) ? (BigInt(decimal.high) << 32n) | BigInt(decimal.low) : undefined;
}

test('a decimal up to 2^64 - 1 is read exactly, blanks before it skipped', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.stringMatching(/^[ \t]{0,3}$/),
      fc.constantFrom('', '\n', ' N0=1', '\t'),
      (value, before, after) => scan(`${before}${value}${after}`) === value,
    ),
    { numRuns: 500 },
  );
});

test('a decimal above 2^64 - 1 is refused', () => {
  fc.assert(fc.property(fc.bigInt({ min: 2n ** 64n, max: 10n ** 30n }), (value) => scan(`${value}\n`) === undefined));
});

for (const [text, value] of [
  ['9007199254740993', 9_007_199_254_740_993n],
  ['18446744073709551615\n', 2n ** 64n - 1n],
  ['00000000000000000000000000000042', 42n],
  ['999999999999999\n', 999_999_999_999_999n],
  ['1000000000000000\n', 1_000_000_000_000_000n],
] as const) {
  test(`${JSON.stringify(text)} is read as ${value}`, () => assert.equal(scan(text), value));
}

for (const text of ['', '\n', ' ', '-1', '+1', 'max', '12x', '1.5', '0x10', '18446744073709551616', '１２']) {
  test(`${JSON.stringify(text)} is no decimal`, () => assert.equal(scan(text), undefined));
}

test('scanInto stores a number and makes the slot of a broken one absent', () => {
  const row = new Row(2);
  const decimal = new DecimalScanner();
  const text = Buffer.from('18446744073709551615 x');
  row.setInteger(1, 7);
  assert.equal(decimal.scanInto(text, 0, text.length, row, 0), true);
  assert.equal(decimal.scanInto(text, 21, text.length, row, 1), false);
  assert.deepEqual([...row.words], [0xffffffff, 0xffffffff, 0, 0]);
  assert.deepEqual([...row.present], [1, 0]);
});

test('no bytes make the scanner read beyond the limit or answer a number out of range', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), (bytes, from) => {
      const decimal = new DecimalScanner();
      if (!decimal.scan(bytes, from, bytes.length)) return true;
      return decimal.end <= bytes.length && decimal.low < 2 ** 32 && decimal.high < 2 ** 32;
    }),
  );
});
