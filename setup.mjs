/**
 * Makes a checkout ready to run: the dependencies of package-lock.json installed, dist/ built from the sources of this
 * moment. `npm start` and `npm test` run it first. When there is nothing to do it prints nothing and takes some 50 ms.
 *
 * stdout stays clean: whatever is printed goes to stderr. Two runs at once do not disturb each other.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const stampFile = join(dist, '.setup.json');
const lockFolder = join(dist, '.setup-lock');
const mainModule = join(dist, 'controller', 'ctl', 'main.js');
const fixtures = join(root, 'test', 'fixtures');
const sourceFolders = ['shared', 'collector', 'controller', 'packaging', 'test'];
const inputs = [...sourceFolders, 'proto', 'tsconfig.json', 'package.json'];
/** No step takes longer; an older lock was left behind. */
const lockLifeMs = 15 * 60_000;

class SetupError extends Error {}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/** Throws unless this Node can run WCA. */
function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(`WCA needs Node 20.19 or newer, this is ${process.version}\n  remedy: install a newer Node`);
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // absent or half written: as if it were not there
  }
}

/** Whether node_modules holds what package-lock.json asks for; packages of other platforms are not missed. */
function isInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const found = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (wanted === undefined) throw new SetupError('package-lock.json is missing or broken\n  remedy: restore it');
  if (found === undefined) return false;
  return Object.entries(wanted).every(([path, facts]) => {
    if (path === '') return true;
    const installed = found[path];
    if (installed === undefined) return facts.optional === true;
    return installed.version === facts.version && installed.integrity === facts.integrity;
  });
}

function* filesBelow(path) {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return;
  if (!facts.isDirectory()) {
    yield { path, facts };
    return;
  }
  for (const name of readdirSync(path).sort()) yield* filesBelow(join(path, name));
}

/** Changes whenever a source file is added, removed or written. */
function hashInputs() {
  const hash = createHash('sha256');
  for (const input of inputs) {
    for (const { path, facts } of filesBelow(join(root, input))) {
      if (path.startsWith(fixtures)) continue; // read from the checkout, not built
      hash.update(`${relative(root, path)} ${facts.size} ${facts.mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

function isBuilt(hash) {
  return readJson(stampFile)?.inputs === hash && existsSync(mainModule);
}

/** Runs a program with everything it prints on stderr. */
function runStep(command, args, remedy) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  const why = error === undefined ? `ended with ${signal ?? `status ${status}`}` : error.message;
  throw new SetupError(`${[command, ...args].join(' ')}: ${why}\n  remedy: ${remedy}`);
}

function install() {
  say('installing dependencies (npm ci)');
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  runStep(
    command,
    [...first, 'ci', '--loglevel=error'],
    'is a registry reachable? `npm config get registry`; node_modules can also be copied from a machine with the same platform',
  );
}

function build() {
  say('building (tsc)');
  // tsc writes only what changed since its own record: without output the record is wrong.
  if (!existsSync(mainModule)) rmSync(join(dist, '.tsbuildinfo'), { force: true });
  const hash = hashInputs(); // before: what is written meanwhile is built the next time
  runStep(
    process.execPath,
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(root, 'tsconfig.json')],
    'correct the sources as told above, or check out a released version',
  );
  removeOrphans();
  const temporary = `${stampFile}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify({ inputs: hash }));
  renameSync(temporary, stampFile);
}

/** What was built from a source that is gone: a test that was removed must not run any more. */
function removeOrphans() {
  for (const folder of sourceFolders) {
    for (const { path } of filesBelow(join(dist, folder))) {
      if (!/\.js(\.map)?$/.test(path)) continue;
      const source = join(root, relative(dist, path).replace(/\.js(\.map)?$/, '.ts'));
      if (!existsSync(source)) rmSync(path, { force: true });
    }
  }
}

/** Whether the owner of the lock is gone (or never wrote its name, or is older than any step takes). */
function isStale() {
  const facts = statSync(lockFolder, { throwIfNoEntry: false });
  if (facts === undefined) return false;
  const ageMs = Date.now() - facts.mtimeMs;
  if (ageMs > lockLifeMs) return true;
  const owner = readJson(join(lockFolder, 'owner'))?.pid;
  if (owner === undefined) return ageMs > 5000;
  try {
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** One setup at a time works on this checkout; the others wait and then find everything done. */
async function withLock(work) {
  mkdirSync(dist, { recursive: true });
  for (let waited = false; ; waited = true) {
    try {
      mkdirSync(lockFolder);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isStale()) {
      // Renamed first: of several who saw the stale lock only one removes it.
      const away = `${lockFolder}.stale.${process.pid}`;
      try {
        renameSync(lockFolder, away);
        rmSync(away, { recursive: true, force: true });
      } catch (error) {
        if (error.code !== 'ENOENT') throw error;
      }
      continue;
    }
    if (!waited) say('another setup of this checkout is running, waiting for it');
    await sleep(100);
  }
  try {
    writeFileSync(join(lockFolder, 'owner'), JSON.stringify({ pid: process.pid }));
    return work();
  } finally {
    rmSync(join(lockFolder, 'owner'), { force: true });
    rmdirSync(lockFolder);
  }
}

async function main() {
  checkNode();
  if (isInstalled() && isBuilt(hashInputs())) return;
  await withLock(() => {
    if (!isInstalled()) install();
    if (!isBuilt(hashInputs())) build();
  });
}

try {
  await main();
} catch (error) {
  if (error instanceof SetupError) say(error.message);
  else if (error.code === 'EACCES' || error.code === 'EROFS')
    say(`${error.message}\n  remedy: run setup once as a user who may write to ${root}`);
  else say(error.stack);
  process.exitCode = 1;
}
