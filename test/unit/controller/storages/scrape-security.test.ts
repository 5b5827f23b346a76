import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { batchOf } from '../../../../controller/model/group-metrics.ts';
import {
  PrometheusStorage,
  type PrometheusStorageOptions,
} from '../../../../controller/storages/prometheus-storage.ts';
import { readPair, TestAuthority } from '../../../kit/certificates.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';

const skip = TestAuthority.isPossible() ? false : 'openssl is not installed';
const folder = mkdtempSync(join(tmpdir(), 'wca-scrape-'));
const certPath = join(folder, 'server.crt');
const keyPath = join(folder, 'server.key');
const authority = skip === false ? new TestAuthority() : undefined;
after(() => {
  rmSync(folder, { recursive: true });
  authority?.remove();
});

function install(commonName: string): void {
  const issued = authority?.issue(commonName, { names: 'IP:127.0.0.1' });
  copyFileSync(issued?.certPath ?? '', certPath);
  copyFileSync(issued?.keyPath ?? '', keyPath);
}

async function withStorage(
  options: Partial<PrometheusStorageOptions>,
  body: (url: URL) => Promise<void>,
): Promise<void> {
  const storage = new PrometheusStorage({
    ip: '127.0.0.1',
    port: 0,
    path: '/metrics',
    maxSeries: 1_000,
    gzip: true,
    staleAfterMs: 60_000,
    clock: new FakeClock(),
    ...options,
  });
  await storage.start();
  try {
    await storage.store(batchOf([{ name: 'a', value: 1, labels: {} }], 1));
    await body(new URL(storage.address()));
  } finally {
    await storage.stop();
  }
}

interface Answer {
  readonly status: number | undefined;
  readonly commonName: string | undefined;
}

async function get(url: URL, options: RequestOptions = {}): Promise<Answer> {
  const sent =
    url.protocol === 'https:' ? request(url, { ca: caText(), agent: false, ...options }) : requestHttp(url, options);
  sent.end();
  const [response] = await once(sent, 'response');
  const socket: TLSSocket = response.socket;
  const commonName = url.protocol === 'https:' ? socket.getPeerCertificate().subject.CN : undefined;
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode, commonName: commonName === undefined ? undefined : String(commonName) };
}

function caText(): string {
  const caPath = authority?.caPath ?? '';
  return readPair({ certPath: caPath, keyPath: caPath }).cert;
}

test('metrics are served over TLS 1.2 and newer, not over less and not in plain', { skip }, async () => {
  install('first');
  await withStorage({ tls: { certPath, keyPath } }, async (url) => {
    assert.equal(url.protocol, 'https:');
    assert.equal((await get(url)).status, 200);
    assert.equal((await get(url, { maxVersion: 'TLSv1.2' })).status, 200);
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await assert.rejects(get(url, old));
    await assert.rejects(get(new URL(url.href.replace('https', 'http'))));
  });
});

test('a new certificate is taken without a restart; a broken one is not', { skip }, async () => {
  install('first');
  await withStorage({ tls: { certPath, keyPath } }, async (url) => {
    assert.equal((await get(url)).commonName, 'first');
    writeFileSync(certPath, 'half a certif');
    assert.equal((await get(url)).commonName, 'first');
    install('second');
    assert.equal((await get(url)).commonName, 'second');
  });
});

test('with an authority for clients only those with its certificate are served', { skip }, async () => {
  install('first');
  const known = readPair(authority?.issue('prometheus') ?? { certPath, keyPath });
  const other = new TestAuthority();
  const stranger = readPair(other.issue('stranger'));
  await withStorage({ tls: { certPath, keyPath, clientCaPath: authority?.caPath } }, async (url) => {
    assert.equal((await get(url, known)).status, 200);
    await assert.rejects(get(url));
    await assert.rejects(get(url, stranger));
  });
  other.remove();
});

test('a certificate that cannot be used ends the start with its file', { skip }, async () => {
  writeFileSync(certPath, 'nothing');
  const wrong = withStorage({ tls: { certPath, keyPath } }, async () => {});
  await assert.rejects(wrong, { code: 'INVALID_CONFIG', subject: `PrometheusStorage tls_cert_path ${certPath}` });
  const absent = withStorage({ tls: { certPath: '/nowhere', keyPath } }, async () => {});
  await assert.rejects(absent, { code: 'INVALID_CONFIG', message: 'cannot be read: ENOENT' });
});

const basic = (text: string): RequestOptions => ({
  headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` },
});

test('only the user with the password is served, whatever else is sent', async () => {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, 'pass:wörd\n');
  await withStorage({ user: { username: 'prometheus', passwordFile } }, async (url) => {
    assert.equal((await get(url, basic('prometheus:pass:wörd'))).status, 200);
    const refused = [
      {},
      basic('prometheus:pass'),
      basic('Prometheus:pass:wörd'),
      basic(':'),
      basic(''),
      { headers: { authorization: 'Basic' } },
      { headers: { authorization: 'Basic !!!' } },
      { headers: { authorization: 'Bearer pass:wörd'.normalize('NFKD').replace(/[^ -~]/g, '') } },
    ];
    for (const options of refused) assert.equal((await get(url, options)).status, 401, JSON.stringify(options));
    assert.equal((await get(new URL('/', url))).status, 401);
    writeFileSync(passwordFile, 'changed');
    assert.equal((await get(url, basic('prometheus:pass:wörd'))).status, 401);
    assert.equal((await get(url, basic('prometheus:changed'))).status, 200);
    rmSync(passwordFile);
    assert.equal((await get(url, basic('prometheus:changed'))).status, 200, 'the password that was known holds');
    assert.equal((await get(url)).status, 401);
  });
});

for (const [name, text, message] of [
  ['an empty password file', '\n', 'empty'],
  ['a password of two lines', 'a\nb', 'more than one line, or longer than 16 KiB'],
] as const) {
  test(`${name} ends the start`, async () => {
    const passwordFile = join(folder, 'wrong');
    writeFileSync(passwordFile, text);
    const started = withStorage({ user: { username: 'u', passwordFile } }, async () => {});
    await assert.rejects(started, { code: 'INVALID_CONFIG', message, subject: `password_file ${passwordFile}` });
  });
}
