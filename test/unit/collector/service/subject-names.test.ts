import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { namesInCertificate } from '../../../../collector/service/subject-names.ts';

const cases: readonly (readonly [text: string, names: readonly string[]])[] = [
  ['DNS:controller1.example', ['controller1.example']],
  ['DNS:a.example, URI:spiffe://example/wca, IP Address:10.0.0.5', ['a.example', 'spiffe://example/wca']],
  ['', []],
  ['IP Address:10.0.0.5', []],
  ['email:x@example', []],
  // One name that looks like two, as Node tells it.
  ['DNS:"a.example, DNS:admin.example"', ['a.example, DNS:admin.example']],
  [String.raw`URI:"http://x/\u0000", DNS:b.example`, ['http://x/\u0000', 'b.example']],
  // Not in the form that Node promises.
  ['DNS:a.example; DNS:b.example', ['a.example; DNS:b.example']],
  ['nonsense', []],
  ['DNS:a.example, DNS:"open', []],
];
for (const [text, names] of cases) {
  test(`names in ${JSON.stringify(text)}`, () => assert.deepEqual(namesInCertificate(text), names));
}

test('whatever a certificate says, no name comes out that is only a part of one', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      // Node quotes a name with a comma, a quote or a control character.
      const quoted = /[",\\]|[^\x20-\x7e]/.test(name) ? JSON.stringify(name) : name;
      assert.deepEqual(namesInCertificate(`DNS:${quoted}`), name === '' ? [] : [name]);
    }),
  );
});
