import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComponentContext } from '../../../../controller/config/context.ts';
import { type HostParts, HostRun } from '../../../../controller/fleet/host-run.ts';
import { batchOf } from '../../../../controller/model/group-metrics.ts';
import type { RunnerEnvironment } from '../../../../controller/runners/runner.ts';
import type { Storage } from '../../../../controller/storages/storage.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { LogFactory } from '../../../../shared/log/logger.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';
import { FakeCollector, settle } from '../../../kit/fake-collector.ts';

interface Options {
  readonly iterations?: number;
  readonly run?: (environment: RunnerEnvironment, signal: AbortSignal) => Promise<number>;
  readonly connect?: HostParts['connect'];
  readonly shared?: readonly Storage[];
}

function makeHost({ iterations, run = async () => 0, connect, shared = [] }: Options) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const logs = new LogFactory({ levels: new Map(), fd: 2, pretty: false }, { write: (line) => void lines.push(line) });
  const contexts: ComponentContext[] = [];
  const host = new HostRun(
    { name: 'n1', address: 'tls:n1:1', labels: { rack: 'r7' } },
    {
      logs,
      clock,
      environment: { random: () => 0, iterations, selfUsage: () => undefined, logCounts: () => [] },
      connect: connect ?? (() => new FakeCollector()),
      runnerFor: (context) => {
        contexts.push(context);
        return { needs: () => [], run };
      },
      shared: new Set(shared),
    },
  );
  return { host, clock, lines, contexts };
}

test('a runner works with labels, log and collector of its host', async () => {
  const seen: RunnerEnvironment[] = [];
  const { host, lines, contexts } = makeHost({
    iterations: 1,
    run: async (environment) => {
      seen.push(environment);
      environment.logger('wca.x').warn('hello');
      return 0;
    },
  });
  await host.run(new AbortController().signal);
  assert.deepEqual(seen[0]?.labels, { rack: 'r7', node: 'n1' });
  assert.equal(seen[0]?.board, host.board);
  assert.equal(contexts[0]?.host, seen[0]?.collector);
  assert.deepEqual([JSON.parse(lines[0] ?? '').node, JSON.parse(lines[0] ?? '').module], ['n1', 'wca.x']);
});

test('a runner that ends by itself is started again, a new one, after a pause; the trouble is told once', async () => {
  const { host, clock, contexts, lines } = makeHost({ run: async () => 1 });
  const stopping = new AbortController();
  const ended = host.run(stopping.signal);
  await settle();
  assert.match(host.episodes.open()[0]?.error.message ?? '', /ended with status 1/);
  clock.advanceMs(59_000);
  await settle();
  assert.equal(contexts.length, 1);
  clock.advanceMs(1_000);
  await settle();
  assert.equal(contexts.length, 2);
  assert.equal(lines.length, 1);
  stopping.abort();
  await ended;
});

test('a host that cannot be connected to costs itself only', async () => {
  const { host, lines } = makeHost({
    connect: () => {
      throw new WcaError('INVALID_ARGUMENT', { subject: 'a collector of another host', message: '--tls-ca missing' });
    },
  });
  const stopping = new AbortController();
  const ended = host.run(stopping.signal);
  await settle();
  assert.match(lines.join(''), /--tls-ca missing/);
  stopping.abort();
  await ended;
});

test('batches bear the name of the host; a storage that is shared is neither opened nor closed by it', async () => {
  const told: string[] = [];
  const storageOf = (name: string): Storage => ({
    describe: () => name,
    start: async () => void told.push(`${name} starts`),
    store: async ({ source }) => void told.push(`${name} gets a batch of ${source}`),
    forget: (source) => told.push(`${name} forgets ${source}`),
    stop: async () => void told.push(`${name} stops`),
  });
  const [shared, own] = [storageOf('shared'), storageOf('own')];
  const { host } = makeHost({
    iterations: 1,
    shared: [shared],
    run: async ({ adaptStorage }) => {
      for (const storage of [shared, own]) {
        const adapted = adaptStorage?.(storage);
        await adapted?.start?.();
        await adapted?.store(batchOf([], 0), new AbortController().signal);
        await adapted?.stop?.();
      }
      return 0;
    },
  });
  await host.run(new AbortController().signal);
  assert.deepEqual(told, [
    'shared gets a batch of n1',
    'shared forgets n1',
    'own starts',
    'own gets a batch of n1',
    'own stops',
  ]);
});
