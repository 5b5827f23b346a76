import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { formatControllerConfig } from '../../../../controller/ctl/run/controller-config.ts';
import { findRunFolders, makeRunFolder, sweepRunFolders } from '../../../../controller/ctl/run/run-folder.ts';
import { collectorArgs, controllerArgs } from '../../../../controller/ctl/run/run-session.ts';
import { chooseUser, parsePasswd } from '../../../../controller/ctl/run/user.ts';

test('the controller becomes wca where it exists, else nobody, never root', () => {
  const users = parsePasswd('root:x:0:0::/root:/bin/sh\n+::::::\nnobody:x:65534:65534::/:/x\nwca:x:998:997::/:/x\n');
  assert.deepEqual(chooseUser(users), { name: 'wca', uid: 998, gid: 997 });
  assert.equal(chooseUser(users.slice(0, 2))?.name, 'nobody');
  assert.equal(chooseUser(parsePasswd('wca:x:0:0::/:/x\nnobody:x::::')), undefined);
  assert.deepEqual(parsePasswd(''), []);
});

test('the configuration is YAML; text goes to stdout only when asked for', () => {
  const options = { logLevel: 'silent' } as const;
  const quiet = formatControllerConfig({ intervalSeconds: 0.5, port: 0, toStdout: false });
  assert.equal(parse(quiet, options).runner.interval, 0.5);
  assert.equal(parse(quiet, options).runner.metrics_storage.port, 0);
  const loud = parse(formatControllerConfig({ intervalSeconds: 1, port: 9152, toStdout: true }), options);
  assert.deepEqual(loud.runner.metrics_storage.storages, [
    { ip: '127.0.0.1', port: 9152 },
    { stream: 'stdout', include_timestamp: false },
  ]);
});

test('the processes are told who may connect and who to become', () => {
  const folder = { path: '/r', collectorAddress: 'unix:/r/c', controllerAddress: 'unix:/r/d/c' };
  const user = { name: 'nobody', uid: 65534, gid: 65533 };
  assert.match(collectorArgs(folder, { user, logLevel: 'warn' }).join(' '), /--socket-group 65533/);
  assert.doesNotMatch(collectorArgs(folder, { user: undefined, logLevel: 'warn' }).join(' '), /group/);
  const asked = collectorArgs(folder, { user, logLevel: 'warn', allocateBelow: ['/batch', '/x'] }).join(' ');
  assert.match(asked, /--ledger \/r\/ledger --restore-on-stop all --operator 65534 --allocate-below \/batch,\/x$/);
  assert.doesNotMatch(collectorArgs(folder, { user, logLevel: 'warn' }).join(' '), /--operator|--allocate-below/);
  const args = (options: { user: typeof user | undefined; asRoot: boolean }): string =>
    controllerArgs(folder, '/r/c.yaml', { ...options, iterations: 2, logLevel: 'warn', register: ['/p.mjs'] }).join(
      ' ',
    );
  assert.match(args({ user, asRoot: false }), /--user nobody --register \/p\.mjs --iterations 2$/);
  assert.match(args({ user: undefined, asRoot: true }), /--root/);
  assert.doesNotMatch(args({ user: undefined, asRoot: false }), /--root|--user/);
});

test('a run folder is made where it can be, found while its collector listens, swept when its run is dead', async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'wca-test-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const folder = makeRunFolder([join(base, 'absent'), base], undefined);
  assert.ok(existsSync(join(folder.path, 'controller')));
  assert.deepEqual(await findRunFolders([base]), [], 'nobody listens yet');
  const uid = process.getuid?.() ?? 0;
  await sweepRunFolders([base], uid);
  assert.ok(existsSync(folder.path), 'this process lives');
  // Process ids end below 2^22: nobody has this one.
  makeRunFolderOf(base, 99_999_999);
  await sweepRunFolders([base, join(base, 'absent')], uid);
  assert.deepEqual(readdirSync(base).length, 1);
  const ledger = join(makeRunFolderOf(base, 99_999_998), 'ledger');
  mkdirSync(ledger);
  const asked: string[] = [];
  const restore = (isRestored: boolean) => (of: string) => asked.push(of) > 0 && isRestored;
  await sweepRunFolders([base], uid, restore(false));
  assert.ok(existsSync(ledger), 'the originals are in it');
  await sweepRunFolders([base], uid, restore(true));
  assert.deepEqual([asked, existsSync(ledger)], [[ledger, ledger], false]);
  assert.throws(() => makeRunFolder([join(base, 'absent')], undefined), { code: 'PERMISSION' });
});

function makeRunFolderOf(base: string, pid: number): string {
  return mkdtempSync(join(base, `wca-run-${pid}-`));
}
