import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeDeb } from '../../packaging/deb.ts';
import { textEntry } from '../../packaging/entry.ts';
import { makePackages } from '../../packaging/make-packages.ts';
import { makeTarball } from '../../packaging/tarball.ts';
import { packageRoot } from '../kit/package-root.ts';

const root = packageRoot();
const dist = fileURLToPath(new URL('../..', import.meta.url));
const hasDpkg = spawnSync('dpkg-deb', ['--version']).status === 0;
const skip = hasDpkg ? false : 'dpkg-deb is not installed (apt-get install dpkg)';
const folder = mkdtempSync(join(tmpdir(), 'wca-package-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, args: readonly string[], cwd = folder): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

test('two builds of the same files are the same bytes', { skip }, () => {
  const entries = [textEntry('etc/wca/x.yaml', 'a\n'), textEntry('usr/bin/x', '#!/bin/sh\n', 0o755)];
  const build = (name: string): readonly Buffer[] => {
    const common = { entries, root, output: join(folder, name), version: '9.9', epochSeconds: 1_700_000_000 };
    return [makeTarball(common), makeDeb({ ...common, architecture: 'amd64' })].map((file) => readFileSync(file));
  };
  const umask = process.umask(0o077);
  const first = build('a');
  process.umask(umask);
  const second = build('b');
  assert.ok(first.every((bytes, index) => bytes.equals(second[index] ?? Buffer.alloc(0))));
});

let deb = '';
let tarball = '';
before(() => {
  if (!hasDpkg) return;
  const env = { SOURCE_DATE_EPOCH: '1700000000' };
  [tarball = '', deb = ''] = makePackages({ root, dist, output: join(folder, 'real'), env });
  run('dpkg-deb', ['-x', deb, join(folder, 'tree')]);
  run('tar', ['-xzf', tarball]);
});

test('the Debian package has programs that run, without what is for development', { skip }, () => {
  const home = join(folder, 'tree/usr/lib/wca');
  for (const [module, words] of [
    ['collector/main.js', 'wca-collector'],
    ['controller/main.js', 'wca-controller'],
    ['controller/ctl/main.js', ''],
  ] as const) {
    assert.ok(run(process.execPath, [join(home, 'dist', module), '--version']).startsWith(words));
  }
  // Everything that both load when they work, not only for --version.
  run(process.execPath, [join(home, 'dist/controller/ctl/main.js'), 'components']);
  const names = readdirSync(join(home, 'node_modules'));
  assert.ok(!names.includes('typescript') && !names.includes('@types') && names.includes('koffi'));
  assert.equal(statSync(join(folder, 'tree/usr/bin/wca-ctl')).mode & 0o777, 0o755);
});

test('the Debian package keeps the configuration of the operator', { skip }, () => {
  const control = join(folder, 'control');
  run('dpkg-deb', ['-e', deb, control]);
  assert.equal(readFileSync(join(control, 'conffiles'), 'utf8'), '/etc/wca/collector.json\n/etc/wca/config.yaml\n');
  assert.match(readFileSync(join(control, 'control'), 'utf8'), /^Depends: nodejs \(>= 20\.19\)/m);
});

test('manual pages have no warnings and name every command', { skip }, (t) => {
  if (spawnSync('man', ['--version']).status !== 0) return t.skip('man is not installed');
  const pages = join(folder, 'tree/usr/share/man');
  for (const page of ['man1/wca-ctl.1', 'man8/wca-collector.8', 'man8/wca-controller.8']) {
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', '-Tutf8', join(pages, page)], {
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '140' },
    });
    assert.equal(stderr, '', page);
    assert.ok(stdout.length > 1000, page);
  }
  assert.match(readFileSync(join(pages, 'man1/wca-ctl.1'), 'utf8'), /wca\\-ctl doctor\n\.nf/);
});

test('the completion is a script of bash', { skip }, (t) => {
  if (spawnSync('bash', ['--version']).status !== 0) return t.skip('bash is not installed');
  run('bash', ['-n', join(folder, 'tree/usr/share/bash-completion/completions/wca-ctl')]);
});

test('install.sh installs what the Debian package has, keeps configuration, takes away what is obsolete', {
  skip,
}, () => {
  const image = join(folder, 'image');
  const [name = ''] = readdirSync(folder).filter((entry) => /^wca-\d/.test(entry));
  const script = join(folder, name, 'install.sh');
  run('sh', [script, '--root', image]);
  const list = (tree: string) =>
    run('find', ['.', '-type', 'f'], tree)
      .split('\n')
      .filter((file) => !/\/(\.installed|uninstall\.sh)$/.test(file))
      .sort();
  assert.deepEqual(list(image), list(join(folder, 'tree')));
  const unit = readFileSync(join(image, 'usr/lib/systemd/system/wca-collector.service'), 'utf8');
  assert.ok(
    unit.includes(`ExecStart=${run('sh', ['-c', 'command -v node']).trim()} `),
    'the unit starts the node of the PATH',
  );

  const config = join(image, 'etc/wca/config.yaml');
  writeFileSync(config, 'mine\n');
  writeFileSync(join(image, 'usr/lib/wca/old.js'), '');
  const installed = join(image, 'usr/lib/wca/.installed');
  writeFileSync(
    installed,
    `${readFileSync(installed, 'utf8')}usr/lib/wca/old.js\n`.split('\n').sort().join('\n').trimStart(),
  );
  const said = run('sh', [script, '--root', image]);
  assert.equal(readFileSync(config, 'utf8'), 'mine\n');
  assert.match(said, /kept .*config\.yaml/);
  assert.ok(statSync(`${config}.new`).isFile());
  assert.equal(statSync(join(image, 'usr/lib/wca/old.js'), { throwIfNoEntry: false }), undefined);
});
