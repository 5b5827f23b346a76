import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { parseCollectorAddress } from '../../../../shared/rpc/collector-address.ts';
import { explainTls } from '../../../../shared/tls/explain-tls.ts';

const accepted: readonly (readonly [given: string, text: string, target: string, tls: boolean])[] = [
  ['unix:/run/wca/collector.sock', 'unix:/run/wca/collector.sock', 'unix:/run/wca/collector.sock', false],
  ['unix:///run/x', 'unix:/run/x', 'unix:/run/x', false],
  ['tls:node1.example:9153', 'tls:node1.example:9153', 'dns:node1.example:9153', true],
  ['tls://node1:9153', 'tls:node1:9153', 'dns:node1:9153', true],
  ['tls:10.0.0.5:9153', 'tls:10.0.0.5:9153', 'ipv4:10.0.0.5:9153', true],
  ['tls:[fe80::1]:1', 'tls:[fe80::1]:1', 'ipv6:[fe80::1]:1', true],
];
for (const [given, text, target, tls] of accepted) {
  test(`${given} is an address`, () => assert.deepEqual(parseCollectorAddress(given), { text, target, tls }));
}

const refused = ['', 'node1:9153', 'tcp:node1:9153', 'http://node1', 'tls:node1', 'tls::1', 'tls:a:0', 'tls:a:65536'];
for (const given of [...refused, 'tls:[x]:1', 'tls:a b:1', 'tls:a/b:1', 'unix:relative', 'tls:::1:9153']) {
  test(`${JSON.stringify(given)} is none`, () =>
    assert.throws(() => parseCollectorAddress(given), { code: 'INVALID_ARGUMENT' }));
}

test('whatever is given, it is an address that reads back the same, or refused', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((rest) => `tls:${rest}`),
    fc.webUrl(),
  );
  fc.assert(
    fc.property(text, (given) => {
      try {
        const address = parseCollectorAddress(given);
        assert.deepEqual(parseCollectorAddress(address.text), address);
      } catch (thrown) {
        assert.ok(thrown instanceof WcaError && thrown.code === 'INVALID_ARGUMENT');
      }
    }),
  );
});

const explained: readonly (readonly [words: string, message: RegExp])[] = [
  ['No connection established. Last error: certificate has expired', /has expired/],
  ["Hostname/IP does not match certificate's altnames: Host: b. is not in the cert's altnames", /for other names/],
  ['self-signed certificate in certificate chain', /not trusted here/],
  ['unable to verify the first certificate', /not trusted here/],
  ['connect ECONNREFUSED 10.0.0.5:9153', /nobody listens/],
  ['getaddrinfo ENOTFOUND node1', /cannot be resolved/],
  ['connect EHOSTUNREACH', /cannot be reached/],
  ['read ECONNRESET', /closes the connection/],
  ['Last error: Failed to connect (2026-11-23T21:02:03.272Z). Resolution note: ', /closes the connection/],
  ['Client network socket disconnected before secure TLS connection was established', /closes the connection/],
];
for (const [words, message] of explained) {
  test(`"${words.slice(0, 60)}" is explained`, () => {
    const error = explainTls(new WcaError('UNAVAILABLE', { subject: 'x', message: words }), 'tls:node1:9153');
    assert.match(error.toText(), new RegExp(`^collector tls:node1:9153: .*${message.source}`));
    assert.ok(error.remedy !== undefined);
  });
}

test('what is something else stays as it is', () => {
  const denied = new WcaError('PEER_DENIED', { subject: 'x', message: 'ECONNRESET' });
  const unknown = new WcaError('UNAVAILABLE', { subject: 'x', message: 'the collector is stopping' });
  assert.equal(explainTls(denied, 'tls:a:1'), denied);
  assert.equal(explainTls(unknown, 'tls:a:1'), unknown);
});
