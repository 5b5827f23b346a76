import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../kit/package-root.ts';

/** A checkout with two small sources, this checkout's setup.mjs and dependencies. */
function makeCheckout(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wca-setup-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['setup.mjs', 'package.json', 'package-lock.json'])
    copyFileSync(join(packageRoot(), name), join(folder, name));
  symlinkSync(join(packageRoot(), 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'controller', 'ctl'), { recursive: true });
  writeFileSync(join(folder, 'controller', 'ctl', 'main.ts'), 'export const main = 1;\n');
  writeFileSync(join(folder, 'controller', 'other.ts'), 'export const other = 1;\n');
  const compilerOptions = {
    module: 'NodeNext',
    rootDir: '.',
    outDir: 'dist',
    incremental: true,
    tsBuildInfoFile: 'dist/.tsbuildinfo',
    types: [],
    strict: true,
    sourceMap: true,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['controller'] }));
  return folder;
}

function setup(folder: string): SpawnSyncReturns<string> {
  const done = spawnSync(process.execPath, [join(folder, 'setup.mjs')], { encoding: 'utf8', cwd: tmpdir() });
  assert.equal(done.stdout, '', 'stdout stays clean');
  return done;
}

test('setup builds once, and says nothing when there is nothing to do', (t) => {
  const folder = makeCheckout(t);
  const first = setup(folder);
  assert.equal(first.status, 0, first.stderr);
  assert.equal(first.stderr, 'setup: building (tsc)\n');
  const second = setup(folder);
  assert.deepEqual([second.status, second.stderr], [0, '']);
});

test('setup builds again what was changed, and removes what has no source any more', (t) => {
  const folder = makeCheckout(t);
  setup(folder);
  writeFileSync(join(folder, 'controller', 'ctl', 'main.ts'), 'export const main = 2;\n');
  rmSync(join(folder, 'controller', 'other.ts'));
  assert.equal(setup(folder).status, 0);
  assert.match(readFileSync(join(folder, 'dist', 'controller', 'ctl', 'main.js'), 'utf8'), /main = 2/);
  assert.equal(existsSync(join(folder, 'dist', 'controller', 'other.js')), false);
  assert.equal(existsSync(join(folder, 'dist', 'controller', 'other.js.map')), false);
});

test('setup builds again what was deleted from dist', (t) => {
  const folder = makeCheckout(t);
  setup(folder);
  rmSync(join(folder, 'dist', 'controller'), { recursive: true });
  assert.equal(setup(folder).status, 0);
  assert.ok(existsSync(join(folder, 'dist', 'controller', 'ctl', 'main.js')));
});

test('a build that fails ends setup with status 1 and a remedy, and is tried again the next time', (t) => {
  const folder = makeCheckout(t);
  writeFileSync(join(folder, 'controller', 'other.ts'), "export const other: number = '';\n");
  for (const attempt of [1, 2]) {
    const done = setup(folder);
    assert.equal(done.status, 1, `attempt ${attempt}`);
    assert.match(done.stderr, /TS2322/);
    assert.match(done.stderr, /remedy: /);
  }
  assert.equal(existsSync(join(folder, 'dist', '.setup-lock')), false);
});

test('two setups at once both succeed and build once', async (t) => {
  const folder = makeCheckout(t);
  const runs = [1, 2, 3].map(() => {
    const child = spawn(process.execPath, [join(folder, 'setup.mjs')], { stdio: ['ignore', 'inherit', 'pipe'] });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    return once(child, 'close').then(([status]) => ({ status, text }));
  });
  const done = await Promise.all(runs);
  assert.deepEqual(
    done.map(({ status }) => status),
    [0, 0, 0],
  );
  assert.equal(done.filter(({ text }) => text.includes('building')).length, 1);
});

test('the lock of a setup that was killed does not stop the next one', (t) => {
  const folder = makeCheckout(t);
  const lock = join(folder, 'dist', '.setup-lock');
  mkdirSync(lock, { recursive: true });
  writeFileSync(join(lock, 'owner'), JSON.stringify({ pid: 99_999_999 }));
  assert.equal(setup(folder).status, 0);
  rmSync(join(folder, 'dist', '.setup.json'));
  mkdirSync(lock);
  utimesSync(lock, new Date(0), new Date(0));
  assert.equal(setup(folder).status, 0);
  assert.equal(existsSync(lock), false);
});

test('without the lock file setup says what is missing', (t) => {
  const folder = makeCheckout(t);
  rmSync(join(folder, 'package-lock.json'));
  const done = setup(folder);
  assert.equal(done.status, 1);
  assert.match(done.stderr, /package-lock\.json is missing/);
});
