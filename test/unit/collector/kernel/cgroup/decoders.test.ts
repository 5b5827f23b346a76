import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type FileDecoder,
  KeyedDecoder,
  limitDecoder,
  numberDecoder,
  unlimitedBytes,
} from '../../../../../collector/kernel/cgroup/file-decoder.ts';
import { IoBytesDecoder } from '../../../../../collector/kernel/cgroup/io-bytes.ts';
import { NumaStatV1Decoder, NumaStatV2Decoder } from '../../../../../collector/kernel/cgroup/numa-stat.ts';
import { PsiDecoder } from '../../../../../collector/kernel/cgroup/psi.ts';
import { Row } from '../../../../../collector/kernel/row.ts';
import { Scratch } from '../../../../../collector/kernel/scratch.ts';

interface Decoded {
  readonly whole: boolean;
  /** bigint for an integer slot, undefined for an absent one. */
  readonly values: readonly (bigint | undefined)[];
  readonly row: Row;
}

/** Decodes a text into `width` slots from slot 1 on of a row full of old values; slot 0 and the last must not change. */
function decode(decoder: FileDecoder, text: string | Uint8Array, width: number): Decoded {
  const scratch = new Scratch();
  scratch.bytes.fill('9'); // what another file left behind
  scratch.length = Buffer.from(text).copy(scratch.bytes);
  const row = new Row(width + 2);
  for (let i = 0; i < row.width; i++) row.setInteger(i, 77);
  const whole = decoder.decode(scratch, row, 1);
  const slot = (i: number) => (BigInt(row.words[2 * i + 1] ?? 0) << 32n) | BigInt(row.words[2 * i] ?? 0);
  assert.deepEqual([slot(0), slot(width + 1)], [77n, 77n], 'slots of others are untouched');
  const values = Array.from({ length: width }, (_, i) => (row.present[i + 1] === 1 ? slot(i + 1) : undefined));
  return { whole, values, row };
}

const statText = 'cache 134217728\npgfault 88123\npgmajfault 41\ntotal_pgfault 90000\nhuge 18446744073709551615\n';
const numaV1 = 'total=98304 N0=90112 N2=8192\nfile=1 N0=1 N2=0\nhierarchical_total=98500 N0=90300 N2=8200\n';
const numaV2 = [
  'anon N0=246218752 N1=22216704',
  'inactive_anon N0=4096000 N1=0',
  'active_anon N0=242122752 N1=22216704',
  'inactive_file N0=81920000 N1=11337728',
  'active_file N0=40960000 N1=0',
  'unevictable N0=0 N1=0\n',
].join('\n');

const cases: readonly {
  readonly name: string;
  readonly decoder: FileDecoder;
  readonly text: string;
  readonly values: readonly (bigint | undefined)[];
  readonly broken?: true;
}[] = [
  { name: 'a number', decoder: numberDecoder, text: '734512000123\n', values: [734_512_000_123n] },
  { name: 'a number above 2^53', decoder: numberDecoder, text: '9007199254740993\n', values: [9_007_199_254_740_993n] },
  { name: 'no number', decoder: numberDecoder, text: '', values: [undefined], broken: true },
  { name: 'a text for a number', decoder: numberDecoder, text: 'max\n', values: [undefined], broken: true },
  {
    name: 'bytes of block devices on v2',
    decoder: new IoBytesDecoder(2),
    text: '259:0 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n8:16 rbytes=800 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n',
    values: [1_460_000n, 314_773_504n],
  },
  {
    name: 'bytes of block devices on v2, with a cost model, a device without numbers, above 2^53',
    decoder: new IoBytesDecoder(2),
    text: '8:0 rbytes=9007199254740993 wbytes=4294967295 rios=1 wios=1 dbytes=0 dios=0 cost.usage=5\n8:16 \n7:0 rbytes=1 wbytes=1 rios=1\n',
    values: [9_007_199_254_740_994n, 4_294_967_296n],
  },
  { name: 'no block device on v2', decoder: new IoBytesDecoder(2), text: '', values: [0n, 0n] },
  {
    name: 'bytes of block devices on v1',
    decoder: new IoBytesDecoder(1),
    text: '8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 4096\n8:0 Async 8192\n8:0 Discard 0\n8:0 Total 12288\n8:16 Read 1\n8:16 Write 2\n8:16 Total 3\nTotal 12291\n',
    values: [4097n, 8194n],
  },
  {
    name: 'no block device on v1: 6.10 and later without a limit',
    decoder: new IoBytesDecoder(1),
    text: 'Total 0\n',
    values: [undefined, undefined],
  },
  {
    name: 'io.stat cut off in a number',
    decoder: new IoBytesDecoder(2),
    text: '8:0 rbytes=5 wbytes=',
    values: [5n, undefined],
    broken: true,
  },
  {
    name: 'io.stat with a broken number',
    decoder: new IoBytesDecoder(2),
    text: '8:0 rbytes=5x wbytes=7 rios=1\n',
    values: [undefined, 7n],
    broken: true,
  },
  { name: 'a limit', decoder: limitDecoder, text: '1073741824\n', values: [1_073_741_824n] },
  { name: 'no limit on v2', decoder: limitDecoder, text: 'max\n', values: [unlimitedBytes] },
  { name: 'no limit on v1', decoder: limitDecoder, text: '9223372036854771712\n', values: [unlimitedBytes] },
  { name: 'no limit with 64 kB pages', decoder: limitDecoder, text: '9223372036854710272\n', values: [unlimitedBytes] },
  { name: 'a broken limit', decoder: limitDecoder, text: 'maybe\n', values: [undefined], broken: true },
  {
    name: 'chosen keys',
    decoder: new KeyedDecoder(['huge', 'pgfault']),
    text: statText,
    values: [2n ** 64n - 1n, 88_123n],
  },
  {
    name: 'a key that is not there',
    decoder: new KeyedDecoder(['gone', 'cache']),
    text: statText,
    values: [undefined, 134_217_728n],
  },
  { name: 'keys of an empty file', decoder: new KeyedDecoder(['a']), text: '', values: [undefined] },
  {
    name: 'a broken value',
    decoder: new KeyedDecoder(['a', 'b']),
    text: 'a -1\nb 2\n',
    values: [undefined, 2n],
    broken: true,
  },
  {
    name: 'a value cut off',
    decoder: new KeyedDecoder(['a', 'b']),
    text: 'a 1\nb ',
    values: [1n, undefined],
    broken: true,
  },
  { name: 'v1 pages of sparse nodes', decoder: new NumaStatV1Decoder([0, 2]), text: numaV1, values: [90_112n, 8192n] },
  {
    name: 'v1 pages of nodes not asked for',
    decoder: new NumaStatV1Decoder([2, 5]),
    text: numaV1,
    values: [8192n, undefined],
  },
  {
    name: 'v1 pages without a total line',
    decoder: new NumaStatV1Decoder([0, 2]),
    text: 'file=1 N0=1 N2=0\nhierarchical_total=98500 N0=90300 N2=8200\n',
    values: [90_300n, 8200n],
  },
  { name: 'v1 pages of an empty file', decoder: new NumaStatV1Decoder([0]), text: '', values: [undefined] },
  {
    name: 'v1 pages with a broken node',
    decoder: new NumaStatV1Decoder([0, 2]),
    text: 'total=3 N0=1 M2=2\n',
    values: [1n, undefined],
    broken: true,
  },
  {
    name: 'v1 pages cut off',
    decoder: new NumaStatV1Decoder([0, 2]),
    text: 'total=3 N0=1 N2=',
    values: [1n, undefined],
    broken: true,
  },
  {
    name: 'v1 pages with a value gone',
    decoder: new NumaStatV1Decoder([0, 2]),
    text: 'total=3 N0= 1 N2=2',
    values: [undefined, undefined],
    broken: true,
  },
  { name: 'v2 pages', decoder: new NumaStatV2Decoder([0, 1], 4096), text: numaV2, values: [90_112n, 8192n] },
  { name: 'v2 pages of 64 kB', decoder: new NumaStatV2Decoder([1], 65_536), text: numaV2, values: [512n] },
  {
    name: 'v2 pages of a node that is not listed',
    decoder: new NumaStatV2Decoder([0, 3], 4096),
    text: numaV2,
    values: [90_112n, undefined],
  },
  { name: 'v2 pages of an empty file', decoder: new NumaStatV2Decoder([0], 4096), text: '', values: [undefined] },
  {
    name: 'v2 pages with a list missing',
    decoder: new NumaStatV2Decoder([0], 4096),
    text: numaV2.replace('unevictable', 'x'),
    values: [undefined],
    broken: true,
  },
  {
    name: 'v2 pages cut off',
    decoder: new NumaStatV2Decoder([0], 4096),
    text: numaV2.slice(0, 60),
    values: [undefined],
    broken: true,
  },
];
for (const { name, decoder, text, values, broken } of cases) {
  test(`${name}: decoded`, () => {
    const first = decode(decoder, text, values.length);
    assert.deepEqual(first.values, values);
    assert.equal(first.whole, broken !== true);
    assert.deepEqual(decode(decoder, text, values.length).values, values, 'again, with remembered places');
  });
}

const psiText =
  'some avg10=1.25 avg60=0.40 avg300=0.10 total=7350021\nfull avg10=100.00 avg60=0.00 avg300=0.00 total=9007199254740993\n';
const totals = ({ row }: Decoded) => [2, 4].map((i) => (row.present[i] ? row.words[2 * i] : undefined));
const averages = ({ row }: Decoded) => [1, 3].map((i) => (row.present[i] ? row.doubles[i] : undefined));

test('pressure: averages are ratios, totals exact microseconds', () => {
  const decoded = decode(new PsiDecoder(), psiText, 4);
  assert.equal(decoded.whole, true);
  assert.deepEqual(averages(decoded), [0.0125, 1]);
  assert.equal(decoded.values[1], 7_350_021n);
  assert.equal(decoded.values[3], 9_007_199_254_740_993n);
});

test('pressure before 5.13: cpu has no full line', () => {
  const decoded = decode(new PsiDecoder(), 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n', 4);
  assert.equal(decoded.whole, true);
  assert.deepEqual(averages(decoded), [0, undefined]);
  assert.deepEqual(totals(decoded), [0, undefined]);
});

for (const text of [
  'some avg10=1.2 avg60=0.40 avg300=0.10 total=1\n',
  'some avg10=x.25 avg60=0.40 avg300=0.10 total=1\n',
  'some avg10=.25 avg60=0.40 avg300=0.10 total=1\n',
  'some avg10=99999.25 total=1\n',
  'some avg10=1.25 avg60=0.40 avg300=0.10 total=\n',
  'some avg10=1.25 avg60=0.40 avg300=0.10 total=-1\n',
  'some avg10=1.25',
  'some avg10=1.',
]) {
  test(`pressure ${JSON.stringify(text)} is broken and absent`, () => {
    const decoded = decode(new PsiDecoder(), text, 4);
    assert.equal(decoded.whole, false);
    assert.deepEqual(averages(decoded), [undefined, undefined]);
    assert.deepEqual(totals(decoded), [undefined, undefined]);
  });
}

const makers: readonly (readonly [name: string, make: () => FileDecoder, width: number])[] = [
  ['numbers', () => numberDecoder, 1],
  ['limits', () => limitDecoder, 1],
  ['keys', () => new KeyedDecoder(['pgfault', 'cache']), 2],
  ['v1 pages', () => new NumaStatV1Decoder([0, 2]), 2],
  ['v2 pages', () => new NumaStatV2Decoder([0, 1], 4096), 2],
  ['pressure', () => new PsiDecoder(), 4],
];
const pieces = fc.array(
  fc.constantFrom(
    'total=',
    'N0=',
    'N1=',
    'pgfault ',
    'some avg10=',
    '0.5',
    '\n',
    ' ',
    '12',
    'max',
    statText,
    numaV1,
    numaV2,
    psiText,
  ),
  { maxLength: 12 },
);
for (const [name, make, width] of makers) {
  test(`${name}: any text and any bytes are survived, and the slots of others untouched`, () => {
    const text = fc.oneof(
      pieces.map((parts) => Buffer.from(parts.join(''))),
      fc.uint8Array({ maxLength: 200 }),
    );
    fc.assert(
      fc.property(text, text, (first, second) => {
        const used = make();
        decode(used, first, width);
        decode(used, second, width);
      }),
    );
  });
}

for (const [name, make, width] of makers.slice(2)) {
  const text = { keys: statText, 'v1 pages': numaV1, 'v2 pages': numaV2, pressure: psiText }[name] ?? '';
  test(`${name}: cut off at any byte, no value is other than whole, absent or a shorter number`, () => {
    const whole = decode(make(), text, width);
    for (let cut = 0; cut < text.length; cut++) {
      decode(make(), text.slice(0, cut), width).values.forEach((value, i) => {
        const full = whole.values[i];
        if (value !== undefined && full !== undefined && value !== full) {
          assert.ok(value < full || name === 'pressure', `${value} at ${cut}`);
        }
      });
    }
  });
}
