import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseConfig } from '../../../collector/config-file.ts';
import { chooseOptions, parseCommandLine } from '../../../collector/options.ts';
import { packageRoot } from '../../kit/package-root.ts';

/** The unit files agree with the programs, and are as hardened as promised. */

const folder = join(packageRoot(), 'systemd');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** Values of a key, in their order. */
function valuesOf(text: string, key: string): readonly string[] {
  return [...text.matchAll(/^([A-Za-z]+)=(.*)$/gm)].flatMap(([, name, value]) => (name === key ? [value ?? ''] : []));
}

test('the socket is where the collector and wca-ctl look for it', () => {
  const { listen, ledger } = chooseOptions({}, {});
  assert.deepEqual(
    valuesOf(read('wca-collector.socket'), 'ListenStream').map((path) => `unix:${path}`),
    [listen],
  );
  assert.ok(ledger.startsWith(`/run/${valuesOf(read('wca-collector.service'), 'RuntimeDirectory')[0]}/`));
});

test('no folder that keeps originals is writable for the controller', () => {
  assert.equal(valuesOf(read('wca-collector.service'), 'RuntimeDirectoryMode')[0], '0755');
  assert.match(read('wca.tmpfiles'), /^d \/run\/wca 0755 root root -$/m);
  assert.deepEqual(valuesOf(read('wca-controller.service'), 'RuntimeDirectory'), ['wca-controller']);
});

test('the options of the units are options of the programs', () => {
  const { ExecStart, ExecStopPost } = Object.fromEntries(
    ['ExecStart', 'ExecStopPost'].map((key) => [key, valuesOf(read('wca-collector.service'), key)[0] ?? '']),
  );
  for (const line of [ExecStart, ExecStopPost]) {
    const args = (line ?? '').replace(/'$/, '').split('collector/main.js ')[1]?.split(' ') ?? [];
    assert.equal(parseCommandLine(args).kind, 'run', line);
  }
});

test('the default configuration of the collector is its defaults', () => {
  const text = readFileSync(join(packageRoot(), 'packaging/etc/collector.json'), 'utf8');
  assert.deepEqual(chooseOptions({}, parseConfig(text, 'collector.json')), chooseOptions({}, {}));
});

for (const { unit, most } of [
  { unit: 'wca-collector.service', most: 3.0 },
  { unit: 'wca-controller.service', most: 1.5 },
]) {
  test(`the exposure level of ${unit} is at most ${most}`, (t) => {
    const { stdout, error } = spawnSync('systemd-analyze', ['security', '--offline=yes', join(folder, unit)], {
      encoding: 'utf8',
    });
    const level = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout ?? '')?.[1];
    if (level === undefined) return t.skip(`systemd-analyze cannot say: ${error?.message ?? 'too old for --offline'}`);
    t.diagnostic(`${unit}: ${level}`);
    assert.ok(Number(level) <= most, stdout);
  });
}

test('scripts of the packages are scripts of sh', () => {
  for (const part of ['debian', 'tarball']) {
    const scripts = join(packageRoot(), 'packaging', part);
    for (const name of readdirSync(scripts)) {
      const { status, stderr } = spawnSync('sh', ['-n', join(scripts, name)], { encoding: 'utf8' });
      assert.equal(status, 0, `${name}: ${stderr}`);
    }
  }
});

test('every drop-in is for a unit that exists, and overrides settings it has', () => {
  for (const name of readdirSync(join(folder, 'drop-ins'))) {
    const unit = `wca-${name.split('-')[0]}.service`;
    assert.ok(existsSync(join(folder, unit)), name);
    const text = read(`drop-ins/${name}`);
    assert.ok(text.includes(`/etc/systemd/system/${unit}.d/`), `${name} says where to copy it`);
    const known = new Set([...read(unit).matchAll(/^([A-Za-z]+)=/gm)].map(([, key]) => key));
    const unknown = [...text.matchAll(/^([A-Za-z]+)=/gm)].flatMap(([, key]) => (known.has(key) ? [] : [key]));
    assert.deepEqual(
      unknown.filter((key) => !['IPAddressAllow', 'ProtectControlGroups'].includes(key ?? '')),
      [],
    );
  }
});
