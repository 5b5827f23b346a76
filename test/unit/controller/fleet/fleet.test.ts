import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import type { CollectorsKey } from '../../../../controller/config/collectors-key.ts';
import { CollectorSource } from '../../../../controller/fleet/collector-source.ts';
import { Fleet } from '../../../../controller/fleet/fleet.ts';
import { Board } from '../../../../controller/runners/board.ts';
import type { Storage } from '../../../../controller/storages/storage.ts';
import { Episodes } from '../../../../shared/log/episodes.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';
import { settle } from '../../../kit/fake-collector.ts';

/** A fleet of hosts that only say when they run. */
function makeFleet(key: CollectorsKey, storages: readonly Storage[] = []) {
  const clock = new FakeClock();
  const logger = pino({ level: 'silent' });
  const episodes = new Episodes(logger, clock);
  const happened: string[] = [];
  const finish = new Map<string, () => void>();
  const fleet = new Fleet({
    source: new CollectorSource(key, episodes),
    clock,
    logger,
    storages,
    makeHost: ({ name }) => ({
      name,
      board: new Board(),
      episodes,
      run: (signal) =>
        new Promise((resolve) => {
          happened.push(`${name} starts`);
          const end = (): void => {
            happened.push(`${name} ends`);
            resolve();
          };
          finish.set(name, end);
          signal.addEventListener('abort', end, { once: true });
        }),
    }),
  });
  const stopping = new AbortController();
  /** So much time passes, in small steps, so that who waits in between is woken. */
  const pass = async (ms: number): Promise<void> => {
    for (let i = 0; i < ms; i += 10) {
      clock.advanceMs(10);
      await settle();
    }
  };
  return { fleet, episodes, happened, finish, stopping, pass };
}

const listOf = (...names: readonly string[]): CollectorsKey => ({
  kind: 'list',
  entries: names.map((name) => ({ name, address: `tls:${name}:1`, labels: {} })),
});

function fileOf(t: TestContext, text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'wca-fleet-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'collectors.yaml');
  const write = (next: string): void => writeFileSync(path, next, { mode: 0o600 });
  write(text);
  return { path, write };
}

test('all of a list are followed until the end; one that ends touches no other', async () => {
  const { fleet, happened, finish, stopping, pass } = makeFleet(listOf('a', 'b', 'c'));
  const ended = fleet.run(stopping.signal);
  await pass(100);
  assert.deepEqual(happened, ['a starts', 'b starts', 'c starts']);
  assert.deepEqual(
    fleet.hosts.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  finish.get('b')?.();
  await pass(100);
  assert.equal(happened.filter((text) => text.endsWith('ends')).length, 1);
  stopping.abort();
  assert.equal(await ended, 0);
});

test('when all have done their iterations the controller ends', async () => {
  const { fleet, finish, stopping, pass } = makeFleet(listOf('a', 'b'));
  const ended = fleet.run(stopping.signal);
  await pass(100);
  for (const name of ['a', 'b']) finish.get(name)?.();
  assert.equal(await ended, 0);
});

test('a file is followed: hosts come and go with it, a bad version changes nothing', async (t) => {
  const { path, write } = fileOf(t, '[tls:a:1, tls:b:1]');
  const { fleet, episodes, happened, stopping, pass } = makeFleet({ kind: 'file', path });
  const ended = fleet.run(stopping.signal);
  await pass(100);
  write('[tls:b:1, tls:c:1, tls:d:1]');
  await pass(2100);
  assert.deepEqual(happened, ['a starts', 'b starts', 'a ends', 'c starts', 'd starts']);
  write('[tls:b:1, nonsense]');
  await pass(2100);
  assert.match(episodes.open()[0]?.error.message ?? '', /\[1\]: address "nonsense" is none/);
  rmSync(path);
  await pass(2100);
  assert.equal(happened.length, 5);
  assert.equal(fleet.hosts.length, 3);
  write('[]');
  await pass(2100);
  assert.deepEqual([fleet.hosts.length, episodes.open().length], [0, 0]);
  stopping.abort();
  assert.equal(await ended, 0);
});

test('storages are opened before anybody runs and closed after all; one that cannot be opened ends it', async () => {
  const told: string[] = [];
  const storage = (name: string, start: () => Promise<void>): Storage => ({
    describe: () => name,
    start,
    store: async () => undefined,
    stop: async () => void told.push(`${name} stops`),
  });
  const good = storage('good', async () => void told.push('good starts'));
  const bad = storage('bad', async () => {
    throw new Error('no room');
  });
  const { fleet, happened, stopping } = makeFleet(listOf('a'), [good, bad]);
  assert.equal(await fleet.run(stopping.signal), 1);
  assert.deepEqual(happened, []);
  assert.deepEqual(told, ['good starts', 'good stops', 'bad stops']);
});
