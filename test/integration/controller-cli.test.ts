import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findGroups, findUser } from '../../controller/drop-privileges.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess } from '../kit/controller-process.ts';

/** The command line of the controller: exit statuses, users, sockets, signals. */

const main = fileURLToPath(new URL('../../controller/main.js', import.meta.url));
const isRoot = process.getuid?.() === 0;

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wca-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function configIn(folder: string, text = 'runner: !MeasurementRunner {node: !StaticNode {tasks: []}}\n'): string {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, text, { mode: 0o644 });
  return file;
}

test('the version and the help go to stdout with status 0', () => {
  const version = run('-v');
  assert.deepEqual([version.status, version.stderr], [0, '']);
  assert.match(version.stdout, /^wca-controller \d+\.\d+\.\d+\n$/);
  const help = run('--help');
  assert.equal(help.status, 0);
  for (const option of ['--config', '--log-level', '--register', '--root', '--user', '--iterations', '--admin']) {
    assert.ok(help.stdout.includes(option), option);
  }
});

test('wrong options exit with 2, wrong configurations and log levels with 1', (t) => {
  const folder = folderOf(t);
  const file = configIn(folder);
  const root = isRoot ? ['--root'] : [];
  assert.equal(run(...root).status, 2);
  assert.equal(run('-c', file, ...root, '--bogus').status, 2);
  assert.equal(run('-c', file, ...root, '--iterations', 'x').status, 2);
  assert.equal(run('-c', file, ...root, '--collector', 'tcp:1').status, 2);
  assert.equal(run('-c', file, ...root, '-l', 'a:b:c').status, 1);
  assert.equal(run('-c', 'config.yaml', ...root).status, 1);
  assert.equal(run('-c', join(folder, 'absent.yaml'), ...root).status, 1);
  chmodSync(file, 0o666);
  const writable = run('-c', file, ...root);
  assert.equal(writable.status, 1);
  assert.match(writable.stderr, /writable by everybody/);
});

test('a plugin that cannot be loaded is named', (t) => {
  const file = configIn(folderOf(t));
  const { status, stderr } = run('-c', file, ...(isRoot ? ['--root'] : []), '-r', 'acme.plugin:Class');
  assert.equal(status, 1);
  assert.match(stderr, /--register acme\.plugin:Class.*Python/);
});

test('root without --root or --user is refused with 2', (t) => {
  if (!isRoot) return t.skip('needs root');
  const { status, stderr } = run('-c', configIn(folderOf(t)));
  assert.equal(status, 2);
  assert.match(stderr, /--user/);
});

test('--user gives up root for good, before anything is connected to', async (t) => {
  const nobody = findUser('nobody', readFileSync('/etc/passwd', 'utf8'));
  if (!isRoot || nobody === undefined) return t.skip('needs root and the user nobody');
  const collector = await CollectorProcess.start({ args: ['--socket-group', String(nobody.gid)] });
  t.after(() => collector.stop());
  chmodSync(collector.folder, 0o755);
  const folder = folderOf(t);
  chownSync(folder, nobody.uid, nobody.gid);
  // Only root can read it: the configuration is read before.
  const file = configIn(folder, 'runner: !MeasurementRunner {node: !StaticNode {tasks: []}, interval: 0.1}\n');
  chownSync(file, 0, 0);
  chmodSync(file, 0o600);
  const sockets = ['--collector', `unix:${collector.socket}`, '--admin', `unix:${join(folder, 'admin.sock')}`];
  const child = spawn(process.execPath, [main, '-c', file, '--user', 'nobody', ...sockets, '--log-output', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stderr.setEncoding('utf8');
  for await (const chunk of child.stderr) {
    text += chunk;
    if (text.includes('\nwca_up{')) break;
  }
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  assert.match(status, new RegExp(`^Uid:(\\s+${nobody.uid}){4}$`, 'm'));
  assert.match(status, new RegExp(`^Gid:(\\s+${nobody.gid}){4}$`, 'm'));
  const groups = /^Groups:(.*)$/m.exec(status)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
  const expected = new Set([nobody.gid, ...findGroups('nobody', readFileSync('/etc/group', 'utf8'))]);
  assert.deepEqual(new Set(groups), expected);
  assert.match(status, /^CapEff:\s+0+$/m);
  const socket = statSync(join(folder, 'admin.sock'));
  assert.deepEqual([socket.uid, socket.mode & 0o777], [nobody.uid, 0o660]);
});

test('a second controller on the same admin socket is refused, a stale socket is taken over', async (t) => {
  const config = 'runner: !MeasurementRunner {node: !StaticNode {tasks: []}}\n';
  const first = new ControllerProcess({ config, collector: '/nonexistent/collector.sock' });
  t.after(() => first.stop('SIGKILL'));
  await first.until(
    () => first.status(),
    ({ pid }) => pid === first.child.pid,
  );
  const file = configIn(folderOf(t));
  const address = `unix:${join(first.folder, 'admin.sock')}`;
  const second = run('-c', file, ...(isRoot ? ['--root'] : []), '--admin', address);
  assert.equal(second.status, 1);
  assert.match(second.stderr, /another process listens/);
  first.child.kill('SIGKILL');
  await first.ended;
  const args = [
    '-c',
    file,
    ...(isRoot ? ['--root'] : []),
    '--admin',
    address,
    '--collector',
    'unix:/nonexistent/c.sock',
  ];
  const third = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => third.kill('SIGKILL'));
  third.stdout.setEncoding('utf8');
  let text = '';
  for await (const chunk of third.stdout) {
    text += chunk;
    if (text.includes('controller started')) break;
  }
  assert.doesNotMatch(text, /going on without wca-ctl/);
});

test('the levels of the command line win over those of the configuration', (t) => {
  const folder = folderOf(t);
  const text = 'runner: !MeasurementRunner {node: !StaticNode {tasks: []}, event_names: []}\nloggers: {wca: error}\n';
  const args = [
    '-c',
    configIn(folder, text),
    '--collector',
    `unix:${folder}/c.sock`,
    '--admin',
    `unix:${folder}/a.sock`,
  ];
  const start = (...more: readonly string[]): string =>
    spawnSync(process.execPath, [main, ...args, ...(isRoot ? ['--root'] : []), ...more], {
      encoding: 'utf8',
      timeout: 2000,
    }).stdout;
  assert.equal(start(), '');
  assert.match(start('--log', 'info'), /controller started/);
});
