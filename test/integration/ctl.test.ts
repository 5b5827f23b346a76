import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type FakeServices, startFakeServices } from '../kit/fake-services.ts';
import { packageRoot } from '../kit/package-root.ts';

/** wca-ctl as a process, against two servers that answer with samples. */

const main = fileURLToPath(new URL('../../controller/ctl/main.js', import.meta.url));
const absent = 'unix:/nonexistent/wca.sock';
let services: FakeServices;

interface Done {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

before(async () => {
  services = await startFakeServices();
});
after(() => services.stop());

function ctl(args: readonly string[], env: Record<string, string> = {}): Promise<Done> {
  const sockets = { WCA_COLLECTOR: services.collector, WCA_CONTROLLER: services.controller };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, ...args],
      { env: { ...process.env, ...sockets, ...env }, timeout: 20_000 },
      (error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

test('status shows both processes', async () => {
  const { status, stdout } = await ctl(['status']);
  assert.equal(status, 0);
  for (const part of [/collector .*pid 4711/, /controller .*pid 4712/, /perf\.hardware: no PMU/, /the API answers 503/])
    assert.match(stdout, part);
});

test('status shows the other process when one is down, with socket and remedy, and ends with 3', async () => {
  const { status, stdout } = await ctl(['status', '--collector', absent]);
  assert.equal(status, 3);
  assert.match(stdout, /collector {2}unix:\/nonexistent\/wca\.sock: not running/);
  assert.match(stdout, /remedy {2}start it/);
  assert.match(stdout, /controller .*pid 4712/);
});

for (const command of ['status', 'platform', 'doctor', 'tasks', 'metrics']) {
  test(`${command} -o json is one document without colours`, async () => {
    const { status, stdout, stderr } = await ctl([command, '-o', 'json']);
    assert.equal(status, 0, stderr);
    assert.equal(typeof JSON.parse(stdout), 'object');
  });
}

test('json of a process that is down says so with the code', async () => {
  const down = await ctl(['status', '-o', 'json', '--controller', absent]);
  assert.equal(down.status, 3);
  assert.equal(JSON.parse(down.stdout).controller.error.code, 'UNAVAILABLE');
  assert.equal(JSON.parse(down.stdout).collector.pid, 4711);
  const tasks = await ctl(['tasks', '-o', 'json', '--controller', absent]);
  assert.equal(tasks.status, 3);
  assert.equal(JSON.parse(tasks.stdout).error.code, 'UNAVAILABLE');
});

test('top without a terminal prints plain tables and ends after the iterations', async () => {
  const { status, stdout } = await ctl(['top', '-n', '2']);
  assert.equal(status, 0);
  assert.equal(stdout.match(/^TASK/gm)?.length, 2);
  assert.ok(!stdout.includes('\u001b'));
});

test('top -o json prints one document a line', async () => {
  const { stdout } = await ctl(['top', '-n', '3', '-o', 'json']);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 3);
  for (const line of lines) assert.equal(JSON.parse(line).tasks.length, 3);
});

test('top ends quietly when its reader has enough', async () => {
  const child = spawn(process.execPath, [main, 'top', '--controller', services.controller], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [status] = await once(child, 'close');
  assert.equal(status, 0);
});

test('top ends at SIGTERM with status 0', async () => {
  const child = spawn(process.execPath, [main, 'top', '--controller', services.controller], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  child.stdout.resume();
  const [status] = await once(child, 'close');
  assert.equal(status, 0);
});

test('doctor --require ends with 3 when a capability is absent', async () => {
  assert.equal((await ctl(['doctor', '--require', 'cgroup.cpu'])).status, 0);
  const { status, stderr } = await ctl(['doctor', '--require', 'perf.hardware']);
  assert.equal(status, 3);
  assert.match(stderr, /cannot measure perf\.hardware/);
});

const wrong: readonly (readonly string[])[] = [
  [],
  ['bogus'],
  ['status', '--bogus'],
  ['status', '-o', 'xml'],
  ['status', '--timeout', '0'],
  ['status', '--timeout', 'soon'],
  ['status', '--collector', 'localhost:50051'],
  ['top', '-n', '0'],
  ['run', '--interval', '0'],
  ['run', '--port', '70000'],
  ['run', '--config', '/nonexistent/wca.yaml'],
  ['validate'],
];
for (const args of wrong) {
  test(`"wca-ctl ${args.join(' ')}" is wrong usage: status 2, nothing on stdout`, async () => {
    const { status, stdout, stderr } = await ctl(args);
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^wca-ctl: /);
    assert.doesNotMatch(stderr, /\n\s+at /, 'no stack');
  });
}

test('components works without a controller, and knows one by its name', async () => {
  const all = await ctl(['components', '--controller', absent]);
  assert.equal(all.status, 0, all.stderr);
  assert.match(all.stdout, /^PrometheusStorage\s+storage\s+built in/m);
  const one = await ctl(['components', 'PrometheusStorage', '--controller', absent]);
  assert.match(one.stdout, /^ {2}port {2}/m);
  const json = JSON.parse((await ctl(['components', '-o', 'json', '--controller', absent])).stdout);
  assert.ok(json.components.every(({ name, kind, doc }: Record<string, string>) => name && kind && doc));
  const unknown = await ctl(['components', 'Nonsense', '--controller', absent]);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /LogStorage/);
});

test('validate names everything that is wrong with a configuration', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wca-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, 'runer: 1\nrunner: !Nonsense {}\n', { mode: 0o600 });
  const wrong = await ctl(['validate', file]);
  assert.deepEqual([wrong.status, wrong.stdout], [1, '']);
  assert.match(wrong.stderr, /config\.yaml:1:1 .*runer/);
  assert.match(wrong.stderr, /config\.yaml:2:\d+ .*Nonsense/);
  const json = await ctl(['validate', file, '-o', 'json']);
  assert.equal(json.status, 1);
  assert.equal(JSON.parse(json.stdout).valid, false);
  assert.equal(JSON.parse(json.stdout).error.code, 'INVALID_CONFIG');
  assert.equal((await ctl(['validate', join(folder, 'absent.yaml')])).status, 1);
});

test('validate finds nothing wrong with the examples', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wca-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of readdirSync(join(packageRoot(), 'examples')).filter((entry) => entry.endsWith('.yaml'))) {
    // A copy: the checkout may be writable by its group.
    const file = join(folder, name);
    writeFileSync(file, readFileSync(join(packageRoot(), 'examples', name)), { mode: 0o600 });
    const { status, stdout, stderr } = await ctl(['validate', '--no-host', file]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /is valid/);
  }
});

test('validate tells what will run, and what this host lacks of what that needs', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wca-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.yaml');
  const text = 'runner: !MeasurementRunner\n  node: !CgroupNode {}\n  event_names: [task_page_faults]\n';
  writeFileSync(file, text, { mode: 0o600 });
  const json = await ctl(['validate', file, '-o', 'json']);
  assert.equal(json.status, 0, json.stderr);
  const { components, needs, valid } = JSON.parse(json.stdout);
  assert.equal(valid, true);
  assert.deepEqual(
    components.map(({ field, tag }: Record<string, string>) => `${field} ${tag}`),
    ['runner MeasurementRunner', 'runner.node CgroupNode'],
  );
  const perf = needs.find(({ capability }: Record<string, string>) => capability === 'perf.cgroup');
  assert.equal(perf.wantedBy, 'event_names');
  // Without root no collector is started for the question: nobody knows then.
  if (process.getuid?.() === 0) assert.equal(typeof perf.available, 'boolean', json.stderr);
  const table = await ctl(['validate', '--no-host', file]);
  assert.match(table.stdout, /What runs\n\s+runner +!MeasurementRunner: /);
});

test('migrate prints the new text on stdout and the changes on stderr, and writes when told to', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wca-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.yaml');
  const before = 'runner: !MeasurementRunner # ours\n  node: !CgroupNode {}\n  action_delay: 2.0\n';
  const after = before.replace('action_delay', 'interval');
  writeFileSync(file, before, { mode: 0o640 });
  const shown = await ctl(['migrate', file]);
  assert.deepEqual([shown.status, shown.stdout], [0, after]);
  assert.match(shown.stderr, /3:3 {2}!MeasurementRunner action_delay is now interval/);
  assert.equal((await ctl(['migrate', '--check', file])).status, 1);
  const json = JSON.parse((await ctl(['migrate', file, '-o', 'json'])).stdout);
  assert.deepEqual([json.changed, json.text, json.changes.length], [true, after, 1]);
  assert.equal(readFileSync(file, 'utf8'), before, 'nothing was written so far');
  assert.equal((await ctl(['migrate', '--write', file])).status, 0);
  assert.deepEqual([readFileSync(file, 'utf8'), readFileSync(`${file}.orig`, 'utf8')], [after, before]);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.equal((await ctl(['migrate', '--check', file])).status, 0);
  assert.equal((await ctl(['migrate', '--write', '--check', file])).status, 2);
  writeFileSync(file, before);
  const refused = await ctl(['migrate', '--write', file]);
  assert.match(refused.stderr, /config\.yaml\.orig: cannot be made/, 'an old copy is never overwritten');
  assert.equal(readFileSync(file, 'utf8'), before);
});

test('help has examples and the exit status; completion knows the commands', async () => {
  assert.match((await ctl(['--help'])).stdout, /Exit status:/);
  for (const command of [
    'status',
    'top',
    'tasks',
    'metrics',
    'platform',
    'doctor',
    'validate',
    'migrate',
    'components',
    'run',
  ]) {
    assert.match((await ctl([command, '--help'])).stdout, /Examples:/, command);
  }
  assert.match((await ctl(['completion'], { SHELL: '/bin/bash' })).stdout, /complete -o bashdefault/);
  assert.match((await ctl(['completion'], { SHELL: '/bin/zsh' })).stdout, /#compdef wca-ctl/);
  assert.match((await ctl(['--get-yargs-completions', 'wca-ctl', 'st'])).stdout, /^status/m);
});
