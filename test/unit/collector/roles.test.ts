import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUid, resolveRoles } from '../../../collector/roles.ts';

const etcPasswd =
  'root:x:0:0:root:/root:/bin/bash\nwca:x:998:995::/nonexistent:/usr/sbin/nologin\nbroken\nodd:x:abc:1\n';

const users: readonly (readonly [string, number | undefined])[] = [
  ['wca', 998],
  ['root', 0],
  ['1234', 1234],
  ['4294967294', 4_294_967_294],
  ['4294967295', undefined],
  ['nobody', undefined],
  ['wc', undefined],
  ['odd', undefined],
  ['broken', undefined],
  ['-1', undefined],
  ['', undefined],
];
for (const [user, uid] of users) {
  test(`the uid of ${JSON.stringify(user)} is ${uid}`, () => assert.equal(findUid(user, etcPasswd), uid));
}

const host = { etcPasswd, ownUid: 5 };

test('root and the own user are operators without being named', () => {
  const { operatorUids, remote } = resolveRoles({ operators: ['wca', '77'], observers: [] }, host);
  assert.deepEqual([operatorUids, remote.size], [new Set([0, 5, 998, 77]), 0]);
});

test('names in certificates have the greater of the roles they are given', () => {
  const operators = ['wca', 'tls:controller1.example'];
  const observers = ['tls:spiffe://example/reader', 'tls:controller1.example'];
  assert.deepEqual(
    resolveRoles({ operators, observers }, host).remote,
    new Map([
      ['spiffe://example/reader', 'observer'],
      ['controller1.example', 'operator'],
    ]),
  );
});

const refused: readonly (readonly [operators: readonly string[], observers: readonly string[], message: RegExp])[] = [
  [['ghost'], [], /there is no user "ghost"/],
  [[], ['wca'], /"wca" is no name in a certificate/],
  [['tls:'], [], /"tls:" is no name/],
  [['tls:*.example'], [], /is no name/],
  [[], ['tls:a b'], /is no name/],
];
for (const [operators, observers, message] of refused) {
  test(`refused: operators [${operators}], observers [${observers}]`, () => {
    assert.throws(() => resolveRoles({ operators, observers }, host), { code: 'INVALID_ARGUMENT', message });
  });
}
