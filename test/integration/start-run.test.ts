import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadContract } from '../../shared/rpc/proto.ts';
import { AllocationClient } from '../kit/allocation-client.ts';
import { TestCgroups } from '../kit/cgroups.ts';

/** `wca-ctl run`, which is what `npm start` runs, with the real collector and the real controller of this build. */

const main = fileURLToPath(new URL('../../controller/ctl/main.js', import.meta.url));
const folderPattern = /WCA_COLLECTOR=unix:(\S+)\/collector\.sock/;
/** One line of the Prometheus text format 0.0.4. */
const sample = /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? (NaN|[+-]?Inf|[+-]?[0-9.]+([eE][+-]?\d+)?)( \d+)?$/;

interface Run {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves when stderr or stdout matches; rejects when the run ends before. */
  until(pattern: RegExp): Promise<RegExpMatchArray>;
  readonly ended: Promise<number | null>;
}

/** The run is killed at the end of the test, whatever became of it. */
function start(t: TestContext, args: readonly string[], command: readonly string[] = [process.execPath, main]): Run {
  const [program = '', ...first] = command;
  const child = spawn(program, [...first, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk;
  });
  const ended = once(child, 'close').then(([status]) => status);
  const until = async (pattern: RegExp): Promise<RegExpMatchArray> => {
    for (;;) {
      const found = (text.stderr + text.stdout).match(pattern);
      if (found !== null) return found;
      const over = await Promise.race([ended.then(() => true), sleep(20).then(() => false)]);
      assert.ok(!over, `ended before ${pattern}: ${text.stderr}`);
    }
  };
  return { child, stdout: () => text.stdout, stderr: () => text.stderr, until, ended };
}

/** Command lines that name the folder: the collector and the controller of one run. */
function processesOf(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return commandLine.includes(folder) ? [`${pid} ${commandLine}`] : [];
      } catch {
        return []; // ended meanwhile
      }
    });
}

async function assertNothingLeft(folder: string, withinMs: number): Promise<void> {
  const giveUpMs = performance.now() + withinMs;
  while (performance.now() < giveUpMs && (existsSync(folder) || processesOf(folder).length > 0)) await sleep(20);
  assert.deepEqual(processesOf(folder), []);
  assert.equal(existsSync(folder), false, `${folder} is gone`);
}

async function folderOf(run: Run): Promise<string> {
  const [, folder = ''] = await run.until(folderPattern);
  assert.ok(existsSync(folder));
  return folder;
}

test('without a terminal, stdout is Prometheus text and nothing else, and the run ends by itself', async (t) => {
  const run = start(t, ['run', '--iterations', '2', '--port', '0']);
  const folder = await folderOf(run);
  assert.equal(await run.ended, 0, run.stderr());
  const lines = run.stdout().split('\n');
  for (const line of lines) assert.ok(line === '' || line.startsWith('# ') || sample.test(line), line);
  assert.equal(lines.filter((line) => line.startsWith('wca_up')).length, 2, 'two batches');
  assert.ok(lines.some((line) => line.startsWith('task_cpu_usage_seconds{')));
  await assertNothingLeft(folder, 0);
});

test('the printed addresses can be pasted, and SIGTERM ends everything within a second', async (t) => {
  const run = start(t, ['run', '--port', '0']);
  const folder = await folderOf(run);
  const [, endpoint = ''] = await run.until(/metrics at (\S+)/);
  await run.until(/^task_up/m);
  assert.match(await (await fetch(endpoint)).text(), /^task_up/m);
  const env = {
    ...process.env,
    WCA_COLLECTOR: `unix:${folder}/collector.sock`,
    WCA_CONTROLLER: `unix:${folder}/controller/controller.sock`,
  };
  for (const command of ['status', 'platform', 'doctor', 'tasks', 'metrics', 'components']) {
    const done = spawnSync(process.execPath, [main, command, '-o', 'json'], { env, encoding: 'utf8' });
    assert.equal(done.status, 0, `${command}: ${done.stderr}`);
    assert.equal(typeof JSON.parse(done.stdout), 'object');
  }
  const beginMs = performance.now();
  run.child.kill('SIGTERM');
  assert.equal(await run.ended, 0);
  assert.ok(performance.now() - beginMs < 1500, `${performance.now() - beginMs} ms`);
  await assertNothingLeft(folder, 0);
});

test('when the run is killed its processes end and its folder goes', async (t) => {
  const run = start(t, ['run', '--port', '0']);
  const folder = await folderOf(run);
  await run.until(/^wca_up/m);
  assert.equal(processesOf(folder).length, 2);
  run.child.kill('SIGKILL');
  await run.ended;
  await assertNothingLeft(folder, 5000);
});

/** A cgroup with a CPU quota on v1 of its own, and an allocation to it through the collector of a run. */
async function allocateIn(t: TestContext) {
  const cgroups = TestCgroups.make((reason) => t.skip(reason));
  if (cgroups === undefined) return undefined;
  t.after(() => cgroups.remove());
  const file = cgroups.file(cgroups.root, 'cpu.cfs_quota_us');
  if (file === undefined) {
    t.skip('the cpu controller is not on cgroup v1 here');
    return undefined;
  }
  const run = start(t, ['run', '--port', '0', '--allocate-below', cgroups.root]);
  const folder = await folderOf(run);
  const client = new AllocationClient(loadContract().createCollectorClient(`unix:${folder}/collector.sock`));
  t.after(() => client.close());
  await client.ready();
  await client.apply(cgroups.root, [{ type: 'cpu_quota', quotaUs: 50_000, periodUs: 100_000 }]);
  const quota = (): string => readFileSync(file, 'utf8').trim();
  assert.equal(quota(), '50000');
  return { run, folder, quota };
}

test('what was allocated in a run is put back when it ends, and when it is killed', async (t) => {
  const ended = await allocateIn(t);
  if (ended === undefined) return;
  ended.run.child.kill('SIGTERM');
  assert.equal(await ended.run.ended, 0);
  assert.equal(ended.quota(), '-1');
  const killed = await allocateIn(t);
  if (killed === undefined) return;
  killed.run.child.kill('SIGKILL');
  await assertNothingLeft(killed.folder, 5000);
  assert.equal(killed.quota(), '-1');
});

test('what was allocated in a run that was killed as a whole is put back by the next run', async (t) => {
  const killed = await allocateIn(t);
  if (killed === undefined) return;
  killed.run.child.kill('SIGSTOP');
  for (const line of processesOf(killed.folder)) process.kill(Number.parseInt(line, 10), 'SIGKILL');
  killed.run.child.kill('SIGKILL');
  await killed.run.ended;
  assert.equal(killed.quota(), '50000');
  const next = start(t, ['run', '--iterations', '1', '--port', '0']);
  assert.equal(await next.ended, 0, next.stderr());
  assert.equal(killed.quota(), '-1');
  assert.equal(existsSync(killed.folder), false);
});

test('when its reader has enough the run ends quietly', async (t) => {
  const run = start(t, ['run', '--port', '0', '--interval', '0.2']);
  const folder = await folderOf(run);
  await run.until(/^wca_up/m);
  run.child.stdout?.destroy();
  assert.equal(await run.ended, 0, run.stderr());
  await assertNothingLeft(folder, 0);
});

test('a configuration that is wrong ends the run with status 1 and says why', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wca-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, 'wrong.yaml');
  writeFileSync(config, 'runner: !MeasurementRunner\n  node: !NoSuchNode {}\n', { mode: 0o644 });
  const run = start(t, ['run', '--config', config]);
  assert.equal(await run.ended, 1);
  assert.match(run.stderr(), /NoSuchNode/);
  assert.match(run.stderr(), /controller: ended with status 1/);
  assert.equal(run.stdout(), '');
});

const terminal = spawnSync('script', ['--version']).status === 0;
const skip = terminal ? false : 'needs script(1) of util-linux for a terminal';

function startOnTerminal(t: TestContext, args: string): Run {
  const line = `stty rows 30 columns 100; exec ${process.execPath} ${main} ${args}`;
  return start(t, [], ['script', '-qec', line, '/dev/null']);
}

test('on a terminal the run shows a table, and q ends it and gives the terminal back', { skip }, async (t) => {
  const run = startOnTerminal(t, 'run --port 0');
  const folder = await folderOf(run);
  await run.until(/TASK\b.*\bCPU\b.*MEMORY/s);
  await run.until(/http:\/\/127\.0\.0\.1:\d+\/metrics/);
  run.child.stdin?.write('q');
  assert.equal(await run.ended, 0, run.stdout());
  assert.ok(run.stdout().includes('\u001b[?1049h'), 'entered the alternate screen');
  assert.ok(run.stdout().lastIndexOf('\u001b[?1049l') > run.stdout().lastIndexOf('\u001b[?1049h'), 'and left it');
  assert.ok(run.stdout().lastIndexOf('\u001b[?25h') > run.stdout().lastIndexOf('\u001b[?25l'), 'the cursor is back');
  await assertNothingLeft(folder, 0);
});

test('on a terminal the run ends by itself after its iterations', { skip }, async (t) => {
  const run = startOnTerminal(t, 'run --port 0 --iterations 2');
  const folder = await folderOf(run);
  assert.equal(await run.ended, 0, run.stdout());
  await assertNothingLeft(folder, 0);
});
