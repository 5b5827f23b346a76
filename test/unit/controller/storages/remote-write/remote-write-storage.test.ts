import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { uncompress } from 'snappyjs';
import { batchOf } from '../../../../../controller/model/group-metrics.ts';
import {
  type RemoteWriteOptions,
  RemoteWriteStorage,
} from '../../../../../controller/storages/remote-write/remote-write-storage.ts';
import { FakeClock } from '../../../../kit/fake-clock.ts';
import { HttpReceiver } from '../../../../kit/http-receiver.ts';

let receiver: HttpReceiver;
const folder = mkdtempSync(join(tmpdir(), 'wca-credentials-'));
const signal = new AbortController().signal;

before(async () => {
  receiver = await HttpReceiver.start();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = (response) => response.end();
});
after(async () => {
  await receiver.stop();
  rmSync(folder, { recursive: true });
});

const none = { username: undefined, passwordFile: undefined, bearerTokenFile: undefined };

function setUp(changes: Partial<RemoteWriteOptions> = {}) {
  const clock = new FakeClock();
  const storage = new RemoteWriteStorage({
    url: new URL('/api/v1/write', receiver.url),
    ssl: undefined,
    credentials: none,
    headers: { 'X-Scope-OrgID': 'tenant1' },
    externalLabels: {},
    maxSamples: 2,
    timeoutMs: 5_000,
    bufferBytes: 1 << 20,
    maxAgeMs: 3_600_000,
    retry: { firstMs: 100, longestMs: 1_000 },
    clock,
    random: () => 0,
    ...changes,
  });
  const store = (value: number, series = 1): Promise<void> =>
    storage.store(
      batchOf(
        Array.from({ length: series }, (_, i) => ({ name: 'm', value, labels: { i: String(i) } })),
        value,
      ),
      signal,
    );
  return { clock, storage, store };
}

/** Answers with these statuses, then with 200. */
function answers(...statuses: readonly (readonly [number, Readonly<Record<string, string>>?])[]): void {
  const rest = [...statuses];
  receiver.answer = (response: ServerResponse) => {
    const [status, headers = {}] = rest.shift() ?? [204];
    response.writeHead(status, headers).end(status < 300 ? undefined : 'some reason');
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** Timestamps of the requests: the last byte of each, as the batches of these tests have them. */
const timestamps = (): readonly (number | undefined)[] =>
  receiver.received.map(({ body }) => uncompress(new Uint8Array(body)).at(-1));

test('requests have the headers of the specification and the body in a snappy block', async () => {
  const { storage, store } = setUp();
  await store(7);
  const [got] = receiver.received;
  assert.deepEqual(
    [
      got?.method,
      got?.path,
      ...[
        'content-type',
        'content-encoding',
        'x-prometheus-remote-write-version',
        'x-scope-orgid',
        'authorization',
      ].map((name) => got?.headers[name]),
    ],
    ['POST', '/api/v1/write', 'application/x-protobuf', 'snappy', '0.1.0', 'tenant1', undefined],
  );
  assert.deepEqual(timestamps(), [7]);
  await storage.stop();
});

test('5xx is tried again until it works, and the next batches wait for their turn', { timeout: 10_000 }, async () => {
  const { clock, storage, store } = setUp();
  answers([503], [500]);
  const first = store(1);
  await until(() => storage.backlog().trouble !== undefined);
  clock.advanceMs(500);
  await first;
  await store(2);
  assert.match(storage.backlog().trouble?.toText() ?? '', /status 50[03]: some reason/);
  await until(() => {
    clock.advanceMs(10);
    return storage.backlog().waiting === 0;
  });
  assert.deepEqual(timestamps(), [1, 1, 1, 2]);
  assert.deepEqual(storage.backlog(), { waiting: 0, lost: 0, trouble: undefined });
  await storage.stop();
});

test('429 is tried again, not before Retry-After', { timeout: 10_000 }, async () => {
  const { clock, storage, store } = setUp();
  answers([429, { 'retry-after': '30' }]);
  const stored = store(1);
  await until(() => storage.backlog().trouble !== undefined);
  clock.advanceMs(500);
  await stored;
  clock.advanceMs(29_000);
  for (let i = 0; i < 20; i += 1) await turn();
  assert.equal(receiver.received.length, 1);
  clock.advanceMs(501);
  await until(() => storage.backlog().waiting === 0);
  assert.equal(receiver.received.length, 2);
  await storage.stop();
});

for (const status of [400, 401, 404, 413, 307]) {
  test(`${status} is not tried again: counted as lost, the next batch goes through`, async () => {
    const { storage, store } = setUp();
    answers([status, { location: '/elsewhere' }]);
    await store(1);
    assert.deepEqual([storage.backlog().waiting, storage.backlog().lost], [0, 1]);
    assert.match(storage.backlog().trouble?.toText() ?? '', new RegExp(`status ${status}: some reason`));
    await store(2);
    await until(() => storage.backlog().waiting === 0);
    assert.deepEqual(storage.backlog(), { waiting: 0, lost: 1, trouble: undefined });
    assert.deepEqual(timestamps(), [1, 2]);
    await storage.stop();
  });
}

test('of a batch in several requests, those delivered are not sent again, and one refused keeps back no other', {
  timeout: 10_000,
}, async () => {
  const { clock, storage, store } = setUp();
  answers([200], [500], [400], [200]);
  const stored = store(1, 6);
  await until(() => storage.backlog().trouble !== undefined);
  clock.advanceMs(100);
  await until(() => storage.backlog().waiting === 0);
  await stored;
  assert.equal(receiver.received.length, 4);
  assert.equal(storage.backlog().lost, 1);
  assert.deepEqual(receiver.received[1]?.body, receiver.received[2]?.body);
  await storage.stop();
});

test('the password and the token are read for each request', async () => {
  const file = join(folder, 'secret');
  const basic = setUp({ credentials: { username: 'Ünal', passwordFile: file, bearerTokenFile: undefined } });
  writeFileSync(file, 'one\n');
  await basic.store(1);
  writeFileSync(file, 'two\n');
  await basic.store(2);
  const bearer = setUp({ credentials: { ...none, bearerTokenFile: file } });
  await bearer.store(3);
  assert.deepEqual(
    receiver.received.map(({ headers }) => headers.authorization),
    [`Basic ${btoa('Ã\u009cnal:one')}`, `Basic ${btoa('Ã\u009cnal:two')}`, 'Bearer two'],
  );
  await basic.storage.stop();
  await bearer.storage.stop();
});

test('a secret that cannot be read is told by file and tried again', { timeout: 10_000 }, async () => {
  const file = join(folder, 'absent');
  const { clock, storage, store } = setUp({ credentials: { ...none, bearerTokenFile: file } });
  const stored = store(1);
  await until(() => storage.backlog().trouble !== undefined);
  assert.equal(
    storage.backlog().trouble?.toText(),
    `bearer_token_file ${file}: cannot be read: ENOENT (make the file)`,
  );
  writeFileSync(file, 'now');
  clock.advanceMs(100);
  await until(() => storage.backlog().waiting === 0);
  await stored;
  await storage.stop();
});

test('a receiver that hangs is given up in time and tried again', { timeout: 10_000 }, async () => {
  const { clock, storage, store } = setUp({ timeoutMs: 100 });
  receiver.answer = () => {};
  const stored = store(1);
  await until(() => storage.backlog().trouble !== undefined);
  assert.match(storage.backlog().trouble?.message ?? '', /no answer within 0.1 s/);
  receiver.answer = (response) => response.end();
  clock.advanceMs(100);
  await until(() => storage.backlog().waiting === 0);
  await stored;
  await storage.stop();
});
