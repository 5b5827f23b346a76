import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReloadingRun } from '../../../controller/reload.ts';
import type { Runner } from '../../../controller/runners/runner.ts';

const idle: Runner = { needs: () => [], run: async () => 0 };

/** A run whose runners have names, and what happened in it. */
function makeRun({ broken = false, statuses = {} as Readonly<Record<string, number>> } = {}) {
  const happened: string[] = [];
  const names = new Map<Runner, string>();
  const make = (): Runner => {
    const runner = { ...idle };
    names.set(runner, `runner ${names.size}`);
    return runner;
  };
  const first = make();
  const run = new ReloadingRun({
    configure: () => {
      if (broken) throw new Error('wrong');
      return make();
    },
    run: (runner, signal) =>
      new Promise((resolve) => {
        const name = names.get(runner) ?? '';
        happened.push(`${name} starts`);
        const end = (): void => {
          // What a runner closes takes a while.
          setImmediate(() => {
            happened.push(`${name} ended`);
            resolve(statuses[name] ?? 0);
          });
        };
        if (signal.aborted) end();
        else signal.addEventListener('abort', end, { once: true });
      }),
    onReloading: () => happened.push('reloading'),
    onReloaded: (refused) => happened.push(refused === undefined ? 'reloaded' : `refused: ${String(refused)}`),
  });
  return { run, first, happened };
}

test('a reload ends the runner before the next one starts', async () => {
  const { run, first, happened } = makeRun();
  const stopping = new AbortController();
  const ended = run.run(first, stopping.signal);
  run.reload();
  run.reload();
  while (!happened.includes('runner 2 starts')) await new Promise((resolve) => setImmediate(resolve));
  stopping.abort();
  assert.equal(await ended, 0);
  const second = ['reloaded', 'runner 2 starts', 'runner 2 ended'];
  assert.deepEqual(happened, ['runner 0 starts', 'reloading', 'reloading', 'runner 0 ended', ...second]);
});

test('a wrong configuration leaves the runner alone', async () => {
  const { run, first, happened } = makeRun({ broken: true });
  const stopping = new AbortController();
  const ended = run.run(first, stopping.signal);
  run.reload();
  stopping.abort();
  assert.equal(await ended, 0);
  assert.deepEqual(happened, ['runner 0 starts', 'reloading', 'refused: Error: wrong', 'runner 0 ended']);
});

test('a stop wins over a reload', async () => {
  const { run, first, happened } = makeRun();
  const stopping = new AbortController();
  const ended = run.run(first, stopping.signal);
  run.reload();
  stopping.abort();
  assert.equal(await ended, 0);
  assert.deepEqual(happened, ['runner 0 starts', 'reloading', 'runner 0 ended']);
});

test('a runner that fails ends the run, whatever was to come', async () => {
  const { run, first } = makeRun({ statuses: { 'runner 0': 1 } });
  const ended = run.run(first, new AbortController().signal);
  run.reload();
  assert.equal(await ended, 1);
});

test('a reload when nothing runs does nothing', () => {
  const { run, happened } = makeRun();
  run.reload();
  assert.deepEqual(happened, []);
});
