import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { acceptsGzip, chooseFormat } from '../../../../controller/storages/negotiate.ts';

const prometheus =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

const formats: readonly (readonly [accept: string | undefined, format: string])[] = [
  [undefined, 'text'],
  ['', 'text'],
  ['*/*', 'text'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'text'],
  [prometheus, 'openmetrics'],
  ['application/openmetrics-text', 'openmetrics'],
  ['Application/OpenMetrics-Text; Version="1.0.0"; charset=utf-8', 'openmetrics'],
  ['application/openmetrics-text;version=0.0.1', 'text'],
  ['application/openmetrics-text;version=1.0.0;q=0', 'text'],
  ['application/openmetrics-text;version=1.0.0;q=0.3,text/plain;q=0.9', 'text'],
  ['application/openmetrics-text;version=1.0.0;q=0.9,text/plain;q=0.9', 'openmetrics'],
  ['application/openmetrics-text;version=1.0.0;q=nonsense', 'text'],
  ['application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily', 'text'],
];
for (const [accept, format] of formats) {
  test(`Accept ${accept ?? 'absent'} gets ${format}`, () => assert.equal(chooseFormat(accept), format));
}

const encodings: readonly (readonly [header: string | undefined, gzip: boolean])[] = [
  [undefined, false],
  ['', false],
  ['gzip', true],
  ['deflate, GZIP;q=0.5', true],
  ['gzip;q=0', false],
  ['gzip;q=0, *', false],
  ['*', true],
  ['*;q=0', false],
  ['identity, br', false],
];
for (const [header, gzip] of encodings) {
  test(`Accept-Encoding ${header ?? 'absent'}: ${gzip ? 'gzip' : 'plain'}`, () =>
    assert.equal(acceptsGzip(header), gzip));
}

test('any header is answered', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (header) => {
      assert.match(chooseFormat(header), /^(text|openmetrics)$/);
      assert.equal(typeof acceptsGzip(header), 'boolean');
    }),
  );
});
