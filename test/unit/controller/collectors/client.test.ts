import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CollectorClient } from '../../../../controller/collectors/client.ts';
import type { WcaError } from '../../../../shared/errors/wca-error.ts';
import { loadContract } from '../../../../shared/rpc/proto.ts';

const never = new AbortController().signal;

/** A client whose collector answers listings with one cgroup, cut off or not. */
function clientOf(truncated: boolean): { readonly client: CollectorClient; readonly told: (string | undefined)[] } {
  const told: (string | undefined)[] = [];
  const rpc = loadContract().createCollectorClient('unix:/nobody');
  const cgroup = { path: '/a', populated: true, leaf: true, controllers: ['cpu'] };
  const listCgroups = (_request: unknown, _options: unknown, done: (error: null, reply: unknown) => void) => {
    process.nextTick(done, null, { cgroups: [cgroup], truncated });
    return { cancel() {} };
  };
  Object.assign(rpc, { listCgroups });
  const onListing = (error: WcaError | undefined): void => {
    told.push(error?.code);
  };
  return { client: new CollectorClient('unix:/nobody', () => rpc, onListing), told };
}

test('a listing that is cut off is told, and that it no longer is', async () => {
  const cut = clientOf(true);
  assert.equal((await cut.client.listCgroups({}, never)).length, 1);
  assert.deepEqual(cut.told, ['LIMIT_REACHED']);
  const whole = clientOf(false);
  await whole.client.listCgroups({}, never);
  assert.deepEqual(whole.told, [undefined]);
});

test('asking for known cgroups says nothing about the others', async () => {
  const { client, told } = clientOf(true);
  await client.listCgroups({ paths: ['/a'] }, never);
  assert.deepEqual(told, []);
});
