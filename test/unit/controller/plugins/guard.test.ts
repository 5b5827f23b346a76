import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginGuard } from '../../../../controller/plugins/guard.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';

const never = new AbortController().signal;

function bench(): { readonly clock: FakeClock; readonly guard: PluginGuard } {
  const clock = new FakeClock();
  return { clock, guard: new PluginGuard({ name: 'allocator', timeoutMs: 1000, clock }) };
}

test('what a plugin answers is passed on, at once or later', async () => {
  const { guard } = bench();
  assert.equal(await guard.call(() => 1, never), 1);
  assert.equal(await guard.call(async () => 2, never), 2);
});

test('a plugin that throws has failed, and is called again', async () => {
  const { guard } = bench();
  const bad = (): never => {
    throw new TypeError('x is undefined');
  };
  await assert.rejects(guard.call(bad, never), { code: 'PLUGIN_FAILED', message: 'threw: x is undefined' });
  assert.equal(await guard.call(() => 1, never), 1);
});

test('a plugin that hangs fails in time, is told so, and is not called before it has settled', async () => {
  const { guard, clock } = bench();
  let settle: (() => void) | undefined;
  let told: AbortSignal | undefined;
  const call = guard.call((signal) => {
    told = signal;
    return new Promise<void>((resolve) => {
      settle = resolve;
    });
  }, never);
  await Promise.resolve();
  clock.advanceMs(1000);
  await assert.rejects(call, { code: 'PLUGIN_FAILED', message: 'did not answer within 1 s' });
  assert.equal(told?.aborted, true);
  await assert.rejects(
    guard.call(() => 1, never),
    { code: 'PLUGIN_FAILED', message: /has not answered/ },
  );
  assert.ok(settle !== undefined);
  settle();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await guard.call(() => 1, never), 1);
});
