import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countMaskBits, findMaskFault, formatMask, parseMask } from '../../../../shared/kernel-text/cbm.ts';
import {
  formatDomains,
  formatSchemataLine,
  parseDomains,
  parseSchemataLine,
} from '../../../../shared/kernel-text/schemata.ts';
import { normaliseSchemataLine, roundBandwidth } from '../../../../shared/kernel-text/schemata-rules.ts';

const domains = [0, 1];
const rules = {
  caches: [{ resource: 'L3', cbmMask: 0xfffffn, minCbmBits: 2, domains }],
  bandwidths: [{ resource: 'MB', unit: 'percent', minimum: 10, granularity: 10, maximum: 100, domains }],
};

/** Rows of spec allocation §4.5 and §4.6; an error is a pattern. */
const lines: readonly (readonly [string, string | RegExp])[] = [
  ['L3:0=f;1=f', 'L3:0=f;1=f'],
  ['L3:0=fff', 'L3:0=fff'],
  ['L3:0=F', 'L3:0=f'],
  ['L3:0=0x3', 'L3:0=3'],
  ['L3: 0=f', 'L3:0=f'],
  ['L3:0= 00f ;1=3', 'L3:0=f;1=3'],
  ['L3:1=f;0=3', 'L3:0=3;1=f'],
  ['L3:0=0', /too few bits, 0 where 2/],
  ['L3:0=1', /too few bits, 1 where 2/],
  ['L3:0=5', /gap/],
  ['L3:0=1fffff', /portions that the cache does not have/],
  ['L3:0=ffffffffffffffffff', /no hexadecimal mask/],
  ['L3:2=f', /no domain 2, only 0, 1/],
  ['L3:x=f', /not DOMAIN=VALUE/],
  ['l3:0=f', /l3 cannot be controlled here: only L3, MB can/],
  ['xL3:0=f', /xL3 cannot/],
  ['L3CODE:0=f', /L3CODE cannot/],
  ['L3:0=zz', /"zz" is no hexadecimal mask/],
  ['L3:', /not DOMAIN=VALUE/],
  ['L3:0=f;', /not DOMAIN=VALUE/],
  ['L3:0', /not DOMAIN=VALUE/],
  ['L3:=2', /not DOMAIN=VALUE/],
  ['L3:0=', /not DOMAIN=VALUE/],
  ['L3:0=f;0=f', /domain 0 is there twice/],
  ['L3:0=f;00=f', /domain 0 is there twice/],
  ['L3:0=f=f', /not DOMAIN=VALUE/],
  ['', /no line of schemata/],
  ['xxx', /no line of schemata/],
  ['L3:0=f\nMB:0=50', /no line of schemata/],
  ['L3:0=f\n', /no line of schemata/],
  [' L3:0=f', /no line of schemata/],
  ['MB:0=12;1=20', 'MB:0=20;1=20'],
  ['MB:0=17', 'MB:0=20'],
  ['MB:0=100', 'MB:0=100'],
  ['MB:0=101', /MB 101 is not within 10..100 \(percent\)/],
  ['MB:0=9', /not within/],
  ['MB:0=10.5', /no whole number/],
  ['MB:0=20mbs', /no whole number/],
  ['MB:0=-1', /no whole number/],
  ['MB:2=20', /no domain 2/],
  ['mb:0=20', /mb cannot/],
];
for (const [text, expected] of lines) {
  test(`${JSON.stringify(text)} is ${expected}`, () => {
    if (typeof expected === 'string') assert.equal(formatSchemataLine(normaliseSchemataLine(text, rules)), expected);
    else assert.throws(() => normaliseSchemataLine(text, rules), expected);
  });
}

test('ids with gaps, a mask of 64 bits, AMD numbers and MB/s', () => {
  const wide = {
    caches: [{ resource: 'L3', cbmMask: (1n << 64n) - 1n, minCbmBits: 1, domains: [0, 17] }],
    bandwidths: [
      { resource: 'MB', unit: 'eighth_GBps', minimum: 1, granularity: 1, maximum: 2048, domains: [0, 17] },
      { resource: 'SMBA', unit: 'eighth_GBps', minimum: 1, granularity: 0, maximum: 2048, domains: [17] },
    ],
  };
  const normalise = (text: string) => formatSchemataLine(normaliseSchemataLine(text, wide));
  assert.equal(normalise('L3:17=ffffffffffffffff;0=8000000000000000'), 'L3:0=8000000000000000;17=ffffffffffffffff');
  assert.equal(normalise('MB:17=2048'), 'MB:17=2048');
  assert.equal(normalise('SMBA:17=13'), 'SMBA:17=13');
  const mbps = { resource: 'MB', unit: 'MBps', minimum: 10, granularity: 10, maximum: 4_294_967_290, domains };
  assert.equal(roundBandwidth(4_294_967_285, mbps), 4_294_967_290);
  assert.throws(() => roundBandwidth(4_294_967_295, mbps), RangeError);
});

test('masks with gaps are taken where the machine allows them', () => {
  const cache = { cbmMask: 0xffn, minCbmBits: 1 };
  assert.match(findMaskFault(5n, cache) ?? '', /gap/);
  assert.equal(findMaskFault(5n, { ...cache, allowsGaps: true }), undefined);
});

test('a machine without control says that nothing can be', () => {
  assert.throws(() => normaliseSchemataLine('L3:0=f', { caches: [], bandwidths: [] }), /nothing can/);
});

test('exactly the runs of bits within the cache, long enough, are masks', () => {
  const cache = { cbmMask: 0x7ffn, minCbmBits: 2 };
  for (let mask = 0n; mask < 0x1000n; mask += 1n) {
    const isRun = /^1+0*$/.test(mask.toString(2)) && mask <= 0x7ffn && countMaskBits(mask) >= 2;
    assert.equal(findMaskFault(mask, cache) === undefined, isRun, mask.toString(2));
  }
});

test('parseMask undoes formatMask', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (mask) => parseMask(formatMask(mask)) === mask));
});

test('parseDomains undoes formatDomains, whatever the order', () => {
  const ids = fc.nat({ max: 999_999_999 });
  const values = fc.stringMatching(/^[0-9a-f]{1,16}$/);
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(ids, values), { minLength: 1, selector: ([id]) => id }), (entries) => {
      const text = formatDomains(new Map(entries));
      const sorted = entries.sort(([a], [b]) => a - b);
      assert.deepEqual([...parseDomains(text)], sorted);
      assert.deepEqual(parseSchemataLine(`L3:${text}`), { resource: 'L3', domains: new Map(sorted) });
    }),
  );
});

test('any text is a line or a SyntaxError or RangeError that is not long', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string().map((tail) => `L3:${tail}`),
    fc.constant(`L3:${'0=f;'.repeat(99_999)}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        normaliseSchemataLine(text, rules);
      } catch (thrown) {
        assert.ok(thrown instanceof SyntaxError || thrown instanceof RangeError);
        assert.ok(thrown.message.length < 300);
      }
    }),
  );
});

test('what was normalised is not changed again', () => {
  const value = fc.integer({ min: 10, max: 100 });
  fc.assert(
    fc.property(value, value, (a, b) => {
      const once = formatSchemataLine(normaliseSchemataLine(`MB:0=${a};1=${b}`, rules));
      assert.equal(formatSchemataLine(normaliseSchemataLine(once, rules)), once);
    }),
  );
});
