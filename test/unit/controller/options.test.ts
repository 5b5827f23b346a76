import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findGroups, findUser } from '../../../controller/drop-privileges.ts';
import { expandAbbreviations, parseCommandLine, parseLevels } from '../../../controller/options.ts';

test('the options of the original in all their forms', async () => {
  const options = await parseCommandLine(
    '-c /a.yaml --config=/b.yaml -l debug -l x:info --log trace -r p --register q:e -0'.split(' '),
  );
  assert.equal(options.config, '/b.yaml');
  assert.deepEqual(
    [...options.levels],
    [
      ['wca', 'trace'],
      ['x', 'info'],
    ],
  );
  assert.deepEqual(options.register, ['p', 'q:e']);
  assert.equal(options.root, true);
});

test('defaults are those of an installed system', async () => {
  const options = await parseCommandLine(['-c', '/a.yaml']);
  assert.deepEqual(
    { ...options, levels: [...options.levels] },
    {
      config: '/a.yaml',
      collector: 'unix:/run/wca/collector.sock',
      tls: { ca: undefined, cert: undefined, key: undefined },
      admin: 'unix:/run/wca/controller.sock',
      iterations: undefined,
      user: undefined,
      root: false,
      levels: [],
      logOutput: 'stdout',
      register: [],
      replay: undefined,
      speed: undefined,
      store: true,
    },
  );
});

test('a replay logs to stderr: its summary goes to stdout', async () => {
  const options = await parseCommandLine(['-c', '/a.yaml', '--replay', '/x.wcarec', '--speed', '10', '--no-store']);
  assert.deepEqual(
    [options.replay, options.speed, options.store, options.logOutput],
    ['/x.wcarec', 10, false, 'stderr'],
  );
  const fastest = await parseCommandLine('-c /a.yaml --replay /x --speed max --log-output stdout'.split(' '));
  assert.deepEqual([fastest.speed, fastest.store, fastest.logOutput], [undefined, true, 'stdout']);
});

for (const args of [
  '--replay /x --speed 0',
  '--replay /x --speed fast',
  '--replay /x --speed=',
  '--speed 2',
  '--no-store',
]) {
  test(`${args} is refused`, async () => {
    await assert.rejects(parseCommandLine(['-c', '/a', ...args.split(' ')]), { code: 'INVALID_ARGUMENT' });
  });
}

for (const iterations of ['0', '-1', '1.5', 'many']) {
  test(`--iterations=${iterations} is refused`, async () => {
    await assert.rejects(parseCommandLine(['-c', '/a', `--iterations=${iterations}`]), { code: 'INVALID_ARGUMENT' });
  });
}

test('unambiguous beginnings of long options are completed, others left alone', () => {
  const expanded = expandAbbreviations([
    '--conf',
    '/a',
    '--reg=x',
    '--log',
    'info',
    '--co',
    '--nonsense',
    '-c',
    '--',
    'x',
  ]);
  assert.deepEqual(expanded, [
    '--config',
    '/a',
    '--register=x',
    '--log',
    'info',
    '--co',
    '--nonsense',
    '-c',
    '--',
    'x',
  ]);
});

test('levels: the module is wca unless given, empty is everything, the last one counts', () => {
  assert.deepEqual(
    [...parseLevels(['debug', ':warning', 'a.b:CRITICAL', 'info'])],
    [
      ['wca', 'info'],
      ['', 'warn'],
      ['a.b', 'fatal'],
    ],
  );
  for (const wrong of ['a:b:c', 'nonsense', 'a:', '', 'a:constructor']) {
    assert.throws(() => parseLevels([wrong]), { code: 'INVALID_CONFIG' }, wrong);
  }
});

const passwd = '# comment\nroot:x:0:0::/root:/bin/sh\nwca:x:998:995::/:/bin/false\nbroken:x:a:b\n+nis\n';

test('a user is found by name or number; a broken line is no user', () => {
  assert.deepEqual(findUser('wca', passwd), { name: 'wca', uid: 998, gid: 995 });
  assert.deepEqual(findUser('998', passwd), { name: 'wca', uid: 998, gid: 995 });
  for (const user of ['nobody', 'broken', '', '995', '+nis', '# comment'])
    assert.equal(findUser(user, passwd), undefined);
});

test('the groups of a user are those that name it as a member', () => {
  const group = 'root:x:0:\nadm:x:4:syslog,wca\nwca2:x:7:wca2\nwca:x:995:\nbad:x:y:wca\nlast:x:9:wca';
  assert.deepEqual(findGroups('wca', group), [4, 9]);
});
