import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUid, resolveOperators } from '../../../collector/operators.ts';

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

test('root and the own user are operators without being named', () => {
  assert.deepEqual(resolveOperators(['wca', '77'], { etcPasswd, ownUid: 5 }), new Set([0, 5, 998, 77]));
});

test('an operator that is no user is refused by name', () => {
  assert.throws(() => resolveOperators(['ghost'], { etcPasswd, ownUid: 0 }), {
    code: 'INVALID_ARGUMENT',
    message: /ghost/,
  });
});
