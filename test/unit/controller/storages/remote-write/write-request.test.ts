import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { batchOf } from '../../../../../controller/model/group-metrics.ts';
import { LabelSet } from '../../../../../controller/model/label-set.ts';
import { arrayValues, type MetricBatch } from '../../../../../controller/model/metric-batch.ts';
import { WriteRequestEncoder } from '../../../../../controller/storages/remote-write/write-request.ts';

/** The messages of the specification, read by protobufjs. */
const { root } = protobuf.parse(`syntax = "proto3";
message WriteRequest { repeated TimeSeries timeseries = 1; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }`);
const message = root.lookupType('WriteRequest');

interface Decoded {
  readonly timeseries: readonly {
    readonly labels: readonly { readonly name: string; readonly value: string }[];
    readonly samples: readonly { readonly value: number; readonly timestamp: number }[];
  }[];
}

function decode(requests: readonly Buffer[]): readonly (readonly [string, number, number])[] {
  return requests.flatMap((bytes) => {
    const { timeseries }: Decoded = JSON.parse(
      JSON.stringify(
        message.toObject(message.decode(bytes), { longs: Number, arrays: true, defaults: true }),
        (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value),
      ),
    );
    return timeseries.map(({ labels, samples }) => {
      const [sample] = samples;
      const text = labels.map(({ name, value }) => `${name}=${value}`).join(',');
      return [text, Number(sample?.value), Number(sample?.timestamp)] as const;
    });
  });
}

const encoder = (externalLabels = {}, maxSamples = 1_000) => new WriteRequestEncoder({ externalLabels, maxSamples });

test('a sample has its name among its labels, sorted by bytes, and external labels where it has none', () => {
  const batch = batchOf([{ name: 'm', value: 1.5, labels: { b: '1', Z: 'z', a: '', site: 'own' } }], 1_600_000_000_123);
  assert.deepEqual(decode(encoder({ site: 'here', rack: 'r1' }).encode(batch)), [
    ['Z=z,__name__=m,b=1,rack=r1,site=own', 1.5, 1_600_000_000_123],
  ]);
});

test('values keep their bits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true }), { minLength: 1 }),
      fc.integer({ min: 0, max: 2 ** 42 }),
      (values, ms) => {
        const labels = values.map((_, i) => new LabelSet({ i: String(i).padStart(4, '0') }));
        const batch: MetricBatch = { timestampMs: ms, families: [{ name: 'm', labels, values: arrayValues(values) }] };
        const read = decode(encoder({}, 7).encode(batch));
        assert.deepEqual(
          read.map(([, value]) => value),
          values.map((value) => (Object.is(value, -0) ? 0 : value)),
        );
        assert.ok(read.every(([, , at]) => at === ms));
      },
    ),
  );
});

test('labels of any text come out as they went in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20_000 }), (value) => {
      const [series] = decode(encoder().encode(batchOf([{ name: 'm', value: 1, labels: { l: value } }], 1)));
      assert.equal(series?.[0], `__name__=m,l=${value}`);
    }),
    { numRuns: 50 },
  );
});

test('a batch with more samples becomes several requests in its order', () => {
  const metrics = Array.from({ length: 25 }, (_, i) => ({ name: 'm', value: i, labels: { i: String(i) } }));
  const requests = encoder({}, 10).encode(batchOf(metrics, 1));
  assert.deepEqual(
    requests.map((request) => decode([request]).length),
    [10, 10, 5],
  );
  assert.deepEqual(
    decode(requests).map(([, value]) => value),
    metrics.map(({ value }) => value),
  );
});

test('a request of any size is whole, and ends of series in it are', () => {
  const ids = Array.from({ length: 3_000 }, (_, i) => String(i).padStart(60, '0'));
  const of = (value: number): MetricBatch => ({
    timestampMs: 1,
    families: [
      {
        name: 'm',
        labels: ids.map((id) => new LabelSet({ id })),
        values: arrayValues(ids.map((_, i) => (value === 2 && i % 2 === 1 ? undefined : i / value))),
      },
    ],
  });
  const own = encoder({}, 10_000);
  const [first, second] = [own.encode(of(1)), own.encode(of(2))];
  assert.equal(first.length, 1);
  assert.deepEqual(
    decode(first),
    ids.map((id, i) => [`__name__=m,id=${id}`, i, 1]),
  );
  assert.equal(staleIn(second).length, 1_500);
  assert.equal(decode(second).length, 3_000);
});

test('a batch without samples is no request', () => {
  assert.deepEqual(encoder().encode(batchOf([], 1)), []);
});

/** Labels of the series that a stale marker ends: a NaN with certain bits, little end first. */
function staleIn(requests: readonly Buffer[]): readonly string[] {
  const ended = decode(requests).filter(([, value]) => Number.isNaN(value));
  const markers = Buffer.concat(requests).toString('hex').split('09020000000000f07f').length - 1;
  assert.equal(markers, ended.length);
  return ended.map(([labels]) => labels);
}

test('series that end get one stale marker, whether the label arrays are new or the same', () => {
  const own = encoder();
  const labels = ['a', 'b', 'c'].map((task_id) => new LabelSet({ task_id }));
  const of = (values: readonly (number | undefined)[], sets = labels): MetricBatch => ({
    timestampMs: 1,
    families: [{ name: 'm', labels: sets, values: arrayValues(values) }],
  });
  assert.deepEqual(staleIn(own.encode(of([1, 2, 3]))), []);
  assert.deepEqual(staleIn(own.encode(of([1, undefined, 3]))), ['__name__=m,task_id=b']);
  assert.deepEqual(staleIn(own.encode(of([1, undefined, 3]))), []);
  const fewer = [new LabelSet({ task_id: 'a' })];
  assert.deepEqual(staleIn(own.encode(of([1], fewer))), ['__name__=m,task_id=c']);
  assert.deepEqual(staleIn(own.encode(of([1], [...fewer]))), []);
  assert.deepEqual(staleIn(own.encode(batchOf([{ name: 'other', value: 1, labels: {} }], 1))), []);
});
