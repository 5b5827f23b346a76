import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Tools } from '../../../../../collector/kernel/memory-modules/tools.ts';

/** A folder for tools that are shell scripts. */
function setup(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'wca-tools-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const install = (name: string, script: string, mode = 0o755) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), mode);
  };
  return { folder, install };
}

const never = new AbortController().signal;

test('a tool is what root or this user installed and no one else can write', (t) => {
  const { folder, install } = setup(t);
  const tools = new Tools([join(folder, 'missing'), folder]);
  assert.equal(tools.find('lshw'), undefined);
  install('lshw', '', 0o777);
  assert.equal(tools.find('lshw'), undefined, 'anyone can write it');
  install('lshw', '', 0o644);
  assert.equal(tools.find('lshw'), undefined, 'not executable');
  install('lshw', '', 0o755);
  assert.equal(tools.find('lshw'), join(folder, 'lshw'));
  symlinkSync(folder, join(folder, 'ipmctl'));
  assert.equal(tools.find('ipmctl'), undefined, 'a folder');
});

test('a tool gets its arguments as they are, an empty environment but for two, the folder / and no input', async (t) => {
  const { folder, install } = setup(t);
  process.env['WCA_TEST_SECRET'] = 'secret';
  t.after(() => delete process.env['WCA_TEST_SECRET']);
  install('ipmctl', 'printf "%s\\n" "$@"; pwd; env | sort; cat');
  const outcome = await new Tools([folder]).run(['ipmctl', 'a b', '$(id)', ';ls'], never);
  assert.ok(outcome.ok);
  const lines = outcome.value.trimEnd().split('\n');
  assert.deepEqual(lines.slice(0, 4), ['a b', '$(id)', ';ls', '/']);
  // The shell adds PWD and such.
  const environment = lines.slice(4).filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line));
  assert.deepEqual(environment, ['LC_ALL=C', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin']);
});

const failures = [
  [
    'an exit status, with its words',
    'echo "no  such\nthing" >&2; exit 3',
    'KERNEL_REFUSED',
    /status 3: no such thing$/,
  ],
  ['an exit status without words', 'exit 1', 'KERNEL_REFUSED', /status 1$/],
  [
    'too much output',
    'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done',
    'KERNEL_REFUSED',
    /prints more than 4194304 bytes/,
  ],
  ['no shell of that name', '', 'KERNEL_REFUSED', /cannot be run: ENOENT/],
  ['no end', 'exec sleep 60', 'DEADLINE', /did not end within 300 ms/],
] as const;

for (const [name, script, code, message] of failures) {
  test(`a tool that fails is a value: ${name}`, async (t) => {
    const { folder, install } = setup(t);
    install('lshw', script);
    if (script === '') writeFileSync(join(folder, 'lshw'), '#!/no/such/shell\n');
    const limitMs = code === 'DEADLINE' ? 300 : 30_000;
    const outcome = await new Tools([folder], limitMs).run(['lshw', '-x'], never);
    assert.ok(!outcome.ok);
    assert.equal(outcome.error.code, code);
    assert.equal(outcome.error.subject, 'lshw -x');
    assert.match(outcome.error.message, message);
  });
}

test('a missing tool is FEATURE_ABSENT, and found when it comes', async (t) => {
  const { folder, install } = setup(t);
  const tools = new Tools([folder]);
  const missing = await tools.run(['dmidecode'], never);
  assert.ok(!missing.ok && missing.error.code === 'FEATURE_ABSENT');
  install('dmidecode', 'echo here');
  assert.deepEqual(await tools.run(['dmidecode'], never), { ok: true, value: 'here\n' });
});

test('an answer, good or bad, is remembered by command line', async (t) => {
  const { folder, install } = setup(t);
  const tools = new Tools([folder]);
  install('dmidecode', `echo run >> ${join(folder, 'runs')}; echo "$1"; test "$1" != bad`);
  for (const argument of ['good', 'bad', 'good', 'bad']) await tools.run(['dmidecode', argument], never);
  assert.equal(readFileSync(join(folder, 'runs'), 'utf8'), 'run\nrun\n');
});

test('a tool that is stopped ends, and is run again the next time', async (t) => {
  const { folder, install } = setup(t);
  const tools = new Tools([folder], 60_000);
  const stop = new AbortController();
  const started = join(folder, 'started');
  install('lshw', `echo $$ > ${started}; exec sleep 60`);
  const watcher = watch(folder);
  t.after(() => watcher.close());
  const running = tools.run(['lshw'], stop.signal);
  while (!existsSync(started) || readFileSync(started, 'utf8') === '') await once(watcher, 'change');
  stop.abort();
  const outcome = await running;
  assert.ok(!outcome.ok && outcome.error.code === 'CANCELLED');
  install('lshw', 'echo again');
  assert.deepEqual(await tools.run(['lshw'], never), { ok: true, value: 'again\n' });
});

test('a signal that was given before nothing ran stops it too', async (t) => {
  const { folder, install } = setup(t);
  install('lshw', 'echo ran');
  const outcome = await new Tools([folder]).run(['lshw'], AbortSignal.abort());
  assert.ok(!outcome.ok && outcome.error.code === 'CANCELLED');
});
