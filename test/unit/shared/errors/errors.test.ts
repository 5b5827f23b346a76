import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metadata, status } from '@grpc/grpc-js';
import { errorCodes, isErrorCode } from '../../../../shared/errors/codes.ts';
import { fromStatus, toStatus } from '../../../../shared/errors/grpc-status.ts';
import { errnoName, toWcaError, WcaError } from '../../../../shared/errors/wca-error.ts';

const silent = (): void => {};

test('a WcaError survives the way over gRPC unchanged', () => {
  const sent = new WcaError('CGROUP_GONE', {
    subject: '/kubepods/pod1 — ü',
    message: 'no such cgroup',
    remedy: 'check the path',
    errno: 'ENOENT',
  });
  const { code, details, metadata } = toStatus(sent, silent);
  const got = fromStatus(Object.assign(new Error('x'), { code, details, metadata }), 'ignored');
  assert.equal(code, status.NOT_FOUND);
  assert.deepEqual({ ...got, message: got.message }, { ...sent, message: sent.message });
});

test('what is not a WcaError leaves the process as an incident id only, and the log gets the original', () => {
  const bug = new TypeError('secret /etc/path');
  let reported: unknown;
  const { code, details, metadata } = toStatus(bug, (incident, thrown) => {
    reported = thrown;
    assert.match(incident, /^[0-9a-f-]{36}$/);
  });
  assert.equal(code, status.INTERNAL);
  assert.equal(reported, bug);
  assert.ok(!details.includes('secret'));
  assert.ok(!JSON.stringify(metadata.getMap()).includes('secret'));
});

test('a foreign trailer is ignored and the gRPC status decides', () => {
  const metadata = new Metadata();
  for (const text of ['not json', '[]', '{"code":"NO_SUCH"}', 'null']) {
    metadata.set('wca-error-bin', Buffer.from(text));
    const error = fromStatus(
      Object.assign(new Error('x'), { code: status.UNAVAILABLE, details: 'gone', metadata }),
      'socket',
    );
    assert.deepEqual([error.code, error.subject, error.message], ['UNAVAILABLE', 'socket', 'gone']);
  }
});

test('toWcaError keeps a WcaError and wraps everything else with its errno', () => {
  const own = new WcaError('DEADLINE', { subject: 's', message: 'm' });
  assert.equal(toWcaError(own, 'other'), own);
  const wrapped = toWcaError(
    Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' }),
    'file',
    'INVALID_CONFIG',
  );
  assert.deepEqual([wrapped.code, wrapped.errno, wrapped.subject], ['INVALID_CONFIG', 'ENOENT', 'file']);
  assert.equal(toWcaError('text', 's').message, 'text');
  assert.equal(errnoName({ code: 'ERR_SOCKET' }), undefined);
  assert.equal(errnoName(undefined), undefined);
});

test('toText names subject, message and remedy', () => {
  const error = new WcaError('FEATURE_ABSENT', { subject: 'perf', message: 'no PMU', remedy: 'enable vPMU' });
  assert.equal(error.toText(), 'perf: no PMU (enable vPMU)');
});

test('codes are known by their own names only', () => {
  assert.ok(isErrorCode('INTERNAL'));
  assert.ok(!isErrorCode('toString'));
  for (const facts of Object.values(errorCodes)) assert.match(facts.doc, /\.$/);
});
