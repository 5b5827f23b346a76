import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestCgroups } from '../kit/cgroups.ts';
import { CollectorProcess } from '../kit/collector-process.ts';

/** The commands of wca-ctl that allocate, against a real collector and real cgroups of this host. */

const main = fileURLToPath(new URL('../../controller/ctl/main.js', import.meta.url));
let reason = '';
const cgroups = TestCgroups.make((why) => {
  reason = why;
});
const shares = cgroups?.file(cgroups.root, 'cpu.shares');
const skip = cgroups === undefined ? reason : shares === undefined && 'the cpu controller is not on cgroup v1 here';
const root = cgroups?.root ?? '';
let collector: CollectorProcess | undefined;

before(async () => {
  if (skip === false) collector = await CollectorProcess.start({ args: ['--allocate-below', root] });
});
after(async () => {
  await collector?.stop();
  cgroups?.remove();
});

interface Done {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, WCA_COLLECTOR: `unix:${collector?.socket}`, WCA_CONTROLLER: 'unix:/nonexistent/wca.sock' };
}

function ctl(...args: readonly string[]): Promise<Done> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env: environment(), timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

function task(name: string): {
  readonly path: string;
  readonly shares: () => string;
  readonly set: (text: string) => void;
} {
  const path = cgroups?.add(name) ?? '';
  const file = cgroups?.file(path, 'cpu.shares') ?? '';
  return { path, shares: () => readFileSync(file, 'utf8').trim(), set: (text) => writeFileSync(file, text) };
}

test('a dry run tells what would be written and writes nothing', { skip }, async () => {
  const a = task('dry');
  const { status, stdout } = await ctl('allocate', a.path, 'cpu_shares=0.5', '--dry-run');
  assert.equal(status, 0);
  assert.match(stdout, /cpu_shares +would apply +cpu\.shares +1024 +500/);
  assert.equal(a.shares(), '1024');
});

test('what is allocated is listed with its original, audited, and restored', { skip }, async () => {
  const a = task('life');
  const made = await ctl('allocate', a.path, 'cpu_shares=0.5', '--lease', '10m', '--yes');
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stderr, /come back by themselves in 10 min/);
  assert.equal(a.shares(), '500');
  const { allocations } = JSON.parse((await ctl('allocations', a.path, '-o', 'json')).stdout);
  const facts = { current: '500', target: '500', original: '1024', type: 'cpu_shares' };
  assert.deepEqual({ ...allocations[0], ...facts }, allocations[0]);
  assert.match((await ctl('status')).stdout, /1 value for (?:10 min|9 min \d+ s) more/);
  const back = await ctl('restore', a.path, '--yes');
  assert.equal(back.status, 0);
  assert.equal(a.shares(), '1024');
  const lines = (await ctl('audit', '-o', 'json')).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const own = lines.filter(({ cgroupPath }) => cgroupPath === a.path);
  assert.deepEqual(
    own.map(({ cause, after: to }) => [cause, to]),
    [
      ['allocate', '500'],
      ['restore', '1024'],
    ],
  );
});

test('what somebody else changed is told and left alone, until it is forced', { skip }, async () => {
  const a = task('drift');
  await ctl('allocate', a.path, 'cpu_shares=0.5', '--yes');
  a.set('700');
  const listed = await ctl('allocations', a.path);
  assert.match(listed.stdout, /somebody else changed it from "500" to "700"/);
  const again = await ctl('allocate', a.path, 'cpu_shares=0.6', '--yes');
  assert.equal(again.status, 3);
  assert.equal(a.shares(), '700');
  await ctl('restore', a.path, '--force', '--yes');
  assert.equal(a.shares(), '1024');
});

test('what is held is not touched', { skip }, async () => {
  const a = task('held');
  assert.match((await ctl('hold', a.path)).stdout, /nothing is allocated there/);
  const refused = await ctl('allocate', a.path, 'cpu_shares=0.5', '--yes');
  assert.equal(refused.status, 3);
  assert.match(refused.stdout, /an operator holds it/);
  assert.equal((await ctl('release', a.path)).stdout, 'nothing is held\n');
  assert.equal((await ctl('allocate', a.path, 'cpu_shares=0.5', '--yes')).status, 0);
});

test('without a terminal nothing is changed unless --yes says so', { skip }, async () => {
  const a = task('asked');
  for (const words of [
    ['allocate', a.path, 'cpu_shares=0.5'],
    ['restore', '--all'],
    ['hold', '--all'],
  ]) {
    const { status, stderr } = await ctl(...words);
    assert.equal(status, 2, words.join(' '));
    assert.match(stderr, /--yes: is needed/);
  }
  assert.equal(a.shares(), '1024');
});

test('wrong words end with 2 and say what is right', { skip }, async () => {
  const cases = [
    [['allocate', root], /a value such as cpu_quota=0\.5 is missing/],
    [['allocate', 'cpu_quota=0.5'], /a task is missing/],
    [['restore'], /which tasks/],
    [['restore', root, '--all'], /not both/],
    [['allocate', root, 'cpu_quota=0.5', '--lease', 'soon', '--yes'], /"soon" is no duration/],
  ] as const;
  for (const [words, message] of cases) {
    const { status, stderr } = await ctl(...words);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }
});

const terminal = spawnSync('script', ['--version']).status === 0;

/** Answers a question on a terminal. */
async function answer(words: string, text: string): Promise<Done> {
  const child = spawn('script', ['-qec', `${process.execPath} ${main} ${words}`, '/dev/null'], { env: environment() });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    if (chunk.includes('[y/N]')) child.stdin.write(text);
  });
  const [status] = await once(child, 'close');
  return { status, stdout, stderr: '' };
}

test('on a terminal it shows what would be written and asks', {
  skip: terminal ? skip : 'needs script(1)',
}, async () => {
  const a = task('terminal');
  const no = await answer(`allocate ${a.path} cpu_shares=0.5`, 'n\r');
  assert.equal(no.status, 1);
  assert.match(no.stdout, /would apply/);
  assert.equal(a.shares(), '1024');
  const yes = await answer(`allocate ${a.path} cpu_shares=0.5`, 'y\r');
  assert.equal(yes.status, 0, yes.stdout);
  assert.equal(a.shares(), '500');
});

test('audit --follow shows writes as they are made and ends with Ctrl-C', { skip }, async () => {
  const a = task('followed');
  const child = spawn(process.execPath, [main, 'audit', '-f'], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const seen = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes(`${a.path} cpu.shares`)) resolve();
    });
  });
  await ctl('allocate', a.path, 'cpu_shares=0.5', '--yes');
  await seen;
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'close'), [0, null]);
});
