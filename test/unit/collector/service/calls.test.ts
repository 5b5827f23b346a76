import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metadata, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { CallGuard, PlainStatus } from '../../../../collector/service/calls.ts';
import { PeerRegistry } from '../../../../collector/service/peers.ts';
import { indexDescriptors, Reflection } from '../../../../collector/service/reflection.ts';
import { TroubleLog } from '../../../../collector/service/trouble-log.ts';
import { fromStatus } from '../../../../shared/errors/grpc-status.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { LogFactory } from '../../../../shared/log/logger.ts';
import { limits } from '../../../../shared/rpc/limits.ts';
import { loadContract } from '../../../../shared/rpc/proto.ts';

function setup() {
  const lines: string[] = [];
  const logs = new LogFactory(
    { levels: new Map(), fd: 2, pretty: false },
    { write: (line: string) => lines.push(line) },
  );
  const peers = new PeerRegistry();
  const troubles = new TroubleLog(logs.logger('test'));
  const key = peers.add({ kind: 'local', pid: 7, uid: 1000, gid: 1000 });
  return { lines, peers, troubles, key, guard: new CallGuard(peers, troubles) };
}

/** What a unary handler's caller gets to see. */
function callUnary(guard: CallGuard, peer: string, handler: () => Promise<string>): Promise<unknown> {
  const call = {
    request: 'question',
    getPeer: () => peer,
    getPath: () => '/wca.v1.Collector/Test',
    metadata: new Metadata(),
  };
  return new Promise((resolve) => {
    const callback: sendUnaryData<string> = (error, reply) => resolve(error ?? reply);
    guard.unary('observer', handler)(call as unknown as ServerUnaryCall<string, string>, callback);
  });
}

test('a handler of an identified peer is called and its reply sent', async () => {
  const { guard, key } = setup();
  assert.equal(await callUnary(guard, key, async () => 'reply'), 'reply');
});

test('a call that came through no authenticated connection is refused before its handler', async () => {
  const { guard, peers, key } = setup();
  peers.remove(key);
  for (const peer of [key, '', 'unknown', 'wca-peer-2']) {
    const answer = await callUnary(guard, peer, () => assert.fail('called'));
    assert.equal(Object(answer).code, status.PERMISSION_DENIED);
  }
});

test('a WcaError reaches the peer whole', async () => {
  const { guard, key, troubles } = setup();
  const thrown = new WcaError('FD_EXHAUSTED', { subject: 's', message: 'm', remedy: 'r', errno: 'EMFILE' });
  const answer = await callUnary(guard, key, () => Promise.reject(thrown));
  const { code, subject, message, remedy, errno } = fromStatus(answer, 'x');
  assert.deepEqual([code, subject, message, remedy, errno], ['FD_EXHAUSTED', 's', 'm', 'r', 'EMFILE']);
  assert.deepEqual(troubles.counts(), [{ code: 'FD_EXHAUSTED', source: '/wca.v1.Collector/Test', count: 1 }]);
});

test('anything else stays here: the peer gets an incident id, the log the details', async () => {
  const { guard, key, lines } = setup();
  const answer = await callUnary(guard, key, () => Promise.reject(new Error('secret /etc/shadow')));
  assert.equal(Object(answer).code, status.INTERNAL);
  assert.doesNotMatch(JSON.stringify(answer), /secret/);
  const incident = /incident (\S+),/.exec(Object(answer).details)?.[1] ?? 'none';
  assert.ok(lines.some((line) => line.includes(incident) && line.includes('secret')));
});

test('a plain status of a standard protocol goes out as it is', async () => {
  const { guard, key } = setup();
  const answer = await callUnary(guard, key, () => Promise.reject(new PlainStatus(status.NOT_FOUND, 'unknown')));
  assert.equal(Object(answer).code, status.NOT_FOUND);
});

test('recent errors are bounded, the newest last', () => {
  const { troubles } = setup();
  for (let i = 0; i < 100; i += 1) troubles.count(new WcaError('DEADLINE', { subject: `${i}`, message: '' }), 'x');
  assert.equal(troubles.recent.length, limits.maxRecentErrors);
  assert.equal(troubles.recent.at(-1)?.subject, '99');
  assert.equal(troubles.counts()[0]?.count, 100);
});

test('keys of peers are never used twice', () => {
  const { peers, key } = setup();
  peers.remove(key);
  assert.notEqual(peers.add({ kind: 'local', pid: 1, uid: 0, gid: 0 }), key);
  assert.equal(peers.countOf('uid 0'), 1);
});

test('reflection answers unknown questions without failing', () => {
  const index = indexDescriptors(loadContract().fileDescriptors);
  const reflection = new Reflection(index, ['wca.v1.Collector']);
  const base = { host: 'h' };
  assert.equal(reflection.answer(base).errorResponse?.errorCode, status.UNIMPLEMENTED);
  for (const name of ['', 'wca', '__proto__', 'toString', 'x'.repeat(10_000)]) {
    const answer = reflection.answer({ ...base, messageRequest: 'fileContainingSymbol', fileContainingSymbol: name });
    assert.equal(answer.errorResponse?.errorCode, status.NOT_FOUND, name);
    assert.equal(answer.validHost, 'h');
  }
});
