import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOf } from '../../../../controller/ctl/exit-codes.ts';
import { explainCall, parseAddress } from '../../../../controller/ctl/unreachable.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';

function unavailable(message: string): WcaError {
  return new WcaError('UNAVAILABLE', { subject: 'collector at unix:/x', message });
}

const cases = [
  {
    words: 'No connection established. Last error: connect ENOENT /x',
    code: 'UNAVAILABLE',
    exit: 3,
    says: /no such socket/,
  },
  {
    words: 'No connection established. Last error: connect ECONNREFUSED /x',
    code: 'UNAVAILABLE',
    exit: 3,
    says: /nobody listens/,
  },
  {
    words: 'No connection established. Last error: connect EACCES /x',
    code: 'PEER_DENIED',
    exit: 4,
    says: /may not connect/,
  },
  { words: 'Connection dropped', code: 'UNAVAILABLE', exit: 3, says: /Connection dropped/ },
] as const;
for (const { words, code, exit, says } of cases) {
  test(`"${words}" is ${code}, exit status ${exit}, with a remedy`, () => {
    const error = explainCall(unavailable(words), 'collector', 1000);
    assert.equal(error.code, code);
    assert.equal(exitCodeOf(error), exit);
    assert.match(error.message, says);
    assert.ok(error.remedy);
  });
}

test("the peer's own words stay", () => {
  const own = new WcaError('UNAVAILABLE', { subject: 'x', message: 'collector is stopping', remedy: 'wait' });
  assert.equal(explainCall(own, 'collector', 1000), own);
});

test('addresses are Unix sockets with an absolute path', () => {
  assert.equal(parseAddress('unix:/run/x.sock', '--collector'), 'unix:/run/x.sock');
  assert.equal(parseAddress('unix:///run/x.sock', '--collector'), 'unix:/run/x.sock');
  assert.equal(parseAddress('/run/x.sock', '--collector'), 'unix:/run/x.sock');
  for (const wrong of ['', 'unix:', 'unix:x.sock', 'localhost:1', 'unix:/a\0b']) {
    assert.throws(() => parseAddress(wrong, '--collector'), { code: 'INVALID_ARGUMENT' });
  }
});
