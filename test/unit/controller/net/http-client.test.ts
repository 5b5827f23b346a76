import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import { HttpClient } from '../../../../controller/net/http-client.ts';
import { Ssl } from '../../../../controller/net/ssl.ts';
import { readPair, TestAuthority } from '../../../kit/certificates.ts';

const skip = TestAuthority.isPossible() ? false : 'needs openssl';
let authority: TestAuthority | undefined;
before(() => {
  if (skip === false) authority = new TestAuthority();
});
after(() => authority?.remove());

function theAuthority(): TestAuthority {
  assert.ok(authority !== undefined);
  return authority;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const hello: Handler = (_request, response) => response.end('hello');

async function serve(t: TestContext, handler: Handler, tls?: ServerOptions): Promise<URL> {
  const server = tls === undefined ? createHttpServer(handler) : createHttpsServer(tls, handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address() as AddressInfo;
  return new URL(`${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}/pods?secret=1`);
}

function clientOf(t: TestContext, ssl?: Ssl, maxBodyBytes = 1_000_000): HttpClient {
  const client = new HttpClient({ ssl, timeoutMs: 500, maxBodyBytes });
  t.after(() => client.close());
  return client;
}

function get(client: HttpClient, url: URL) {
  return client.ask(url, { method: 'GET' }, AbortSignal.timeout(5000));
}

test('any status is an answer', async (t) => {
  const url = await serve(t, (_request, response) => response.writeHead(503).end('busy'));
  const { status, text } = await get(clientOf(t), url);
  assert.deepEqual([status, text], [503, 'busy']);
});

test('what is asked reaches the server, and a redirect is not followed', async (t) => {
  const seen: string[] = [];
  const url = await serve(t, (request, response) => {
    seen.push(`${request.method} ${request.headers['x-test']}`);
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  });
  const { status } = await clientOf(t).ask(
    url,
    { method: 'POST', headers: { 'x-test': 'yes' }, body: '{}' },
    AbortSignal.timeout(5000),
  );
  assert.deepEqual([status, seen], [302, ['POST yes']]);
});

const troubles: readonly (readonly [what: string, handler: Handler, message: RegExp])[] = [
  ['never answers', () => {}, /no answer in time/],
  [
    'stops in the middle',
    (_request, response) => void response.writeHead(200, { 'content-length': '100' }).write('half'),
    /stopped in the middle/,
  ],
  [
    'hangs up in the middle',
    (request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setTimeout(() => request.socket.destroy(), 20);
    },
    /closed|terminated|socket/,
  ],
  ['sends too much and says so', (_request, response) => response.end('x'.repeat(2_000_000)), /too large|larger/],
  [
    'sends too much bit by bit',
    (_request, response) => {
      const more = (): void => {
        if (!response.destroyed && response.write('x'.repeat(50_000))) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    },
    /too large|larger/,
  ],
  ['speaks something else', (request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n'), /./],
];
for (const [what, handler, message] of troubles) {
  test(`a server that ${what} is told by its URL, without the query, and by the cause`, async (t) => {
    const url = await serve(t, handler);
    await assert.rejects(get(clientOf(t), url), (error: Error) => {
      assert.ok('code' in error && error.code === 'UNAVAILABLE' && 'subject' in error);
      assert.equal(error.subject, `${url.origin}/pods`);
      assert.match(error.message, message);
      return true;
    });
  });
}

test('nobody listens', async (t) => {
  await assert.rejects(get(clientOf(t), new URL('http://127.0.0.1:1/')), {
    code: 'UNAVAILABLE',
    message: 'nobody listens there',
  });
});

test('a server of the own authority is trusted, one of another is not', { skip }, async (t) => {
  const url = await serve(t, hello, readPair(theAuthority().issue('server', { names: 'IP:127.0.0.1' })));
  const own = new Ssl({ verify: true, caPath: theAuthority().caPath });
  assert.equal((await get(clientOf(t, own), url)).text, 'hello');
  for (const ssl of [undefined, new Ssl({ verify: true })]) {
    await assert.rejects(get(clientOf(t, ssl), url), { message: 'the authority of the server is not known' });
  }
  assert.equal((await get(clientOf(t, new Ssl({ verify: false })), url)).text, 'hello');
});

const certificates = [
  ['of another host', { names: 'DNS:elsewhere.example' }, /is for another host/],
  ['that has expired', { names: 'IP:127.0.0.1', days: '-1' }, /has expired/],
  ['with a small key', { names: 'IP:127.0.0.1', rsaBits: 1024 }, /too weak/],
] as const;
for (const [what, wishes, message] of certificates) {
  test(`a certificate ${what} is refused`, { skip }, async (t) => {
    const pair = readPair(theAuthority().issue('server', wishes));
    const url = await serve(t, hello, { ...pair, ciphers: 'DEFAULT@SECLEVEL=0' });
    const own = new Ssl({ verify: true, caPath: theAuthority().caPath });
    await assert.rejects(get(clientOf(t, own), url), { code: 'UNAVAILABLE', message });
  });
}

test('TLS below 1.2 is not spoken', { skip }, async (t) => {
  const pair = readPair(theAuthority().issue('server', { names: 'IP:127.0.0.1' }));
  const url = await serve(t, hello, {
    ...pair,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  await assert.rejects(get(clientOf(t, new Ssl({ verify: true, caPath: theAuthority().caPath })), url), {
    code: 'UNAVAILABLE',
  });
});

test('who the client is stands in its certificate, which is read again when its file changes', { skip }, async (t) => {
  const server = readPair(theAuthority().issue('server', { names: 'IP:127.0.0.1' }));
  const ca = [readPair({ certPath: theAuthority().caPath, keyPath: theAuthority().caPath }).cert];
  const url = await serve(
    t,
    (request, response) => {
      const socket = request.socket as unknown as { getPeerCertificate(): { subject?: { CN?: string } } };
      response.end(socket.getPeerCertificate().subject?.CN ?? 'nobody');
    },
    { ...server, ca, requestCert: true, rejectUnauthorized: true },
  );
  const [first, second] = ['first', 'second'].map((name) => theAuthority().issue(name));
  assert.ok(first !== undefined && second !== undefined);
  const { caPath } = theAuthority();
  await assert.rejects(get(clientOf(t, new Ssl({ verify: true, caPath })), url), { code: 'UNAVAILABLE' });
  const client = clientOf(t, new Ssl({ verify: true, caPath, ...first }));
  assert.equal((await get(client, url)).text, 'first');
  const next = readPair(second);
  writeFileSync(first.certPath, next.cert);
  writeFileSync(first.keyPath, next.key);
  assert.equal((await get(client, url)).text, 'second');
});

test('a certificate and its key may be in one file; a file that cannot be read is named', { skip }, async (t) => {
  const pair = readPair(theAuthority().issue('both'));
  const file = `${theAuthority().folder}/both.pem`;
  writeFileSync(file, pair.cert + pair.key);
  assert.equal(new Ssl({ verify: true, certPath: file }).load().key, pair.cert + pair.key);
  const client = clientOf(t, new Ssl({ verify: true, caPath: '/nonexistent/ca.crt' }));
  await assert.rejects(get(client, new URL('https://127.0.0.1:1/')), {
    code: 'PERMISSION',
    subject: 'server_verify /nonexistent/ca.crt',
  });
});
