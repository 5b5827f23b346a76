import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseMountinfo, unescapeMountField } from '../../../../collector/kernel/mountinfo.ts';

test('a v1 mount with optional fields is parsed', () => {
  const line = '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 master:2 - cgroup cgroup rw,cpu,cpuacct\n';
  assert.deepEqual(parseMountinfo(line), [
    {
      root: '/',
      mountPoint: '/sys/fs/cgroup/cpu,cpuacct',
      fsType: 'cgroup',
      superOptions: ['rw', 'cpu', 'cpuacct'],
      isReadOnly: false,
    },
  ]);
});

test('a bind mount below a path with blanks and UTF-8 is parsed', () => {
  const line = '9 1 0:29 /docker/a\\040b /mnt/\\134x/grün\\011y\\043 rw - cgroup2 none rw\n';
  assert.deepEqual(parseMountinfo(line), [
    {
      root: '/docker/a b',
      mountPoint: '/mnt/\\x/grün\ty#',
      fsType: 'cgroup2',
      superOptions: ['rw'],
      isReadOnly: false,
    },
  ]);
});

for (const text of ['', '\n', 'nonsense', '1 2 0:3 / /x rw', '1 2 0:3 / /x rw shared:1', '1 2 0:3 / /x rw -']) {
  test(`${JSON.stringify(text)} holds no mount`, () => assert.deepEqual(parseMountinfo(text), []));
}

for (const [name, options, superOptions] of [
  ['the mount', 'ro,nosuid', 'rw'],
  ['the file system', 'rw', 'ro'],
] as const) {
  test(`read-only for ${name} is read-only`, () => {
    const line = `40 28 0:38 / /sys/fs/resctrl ${options} shared:7 - resctrl resctrl ${superOptions}\n`;
    assert.deepEqual(
      parseMountinfo(line).map(({ isReadOnly }) => isReadOnly),
      [true],
    );
  });
}

test('a mount point that is a dash is not taken for the separator', () => {
  assert.deepEqual(
    parseMountinfo('9 1 0:29 / - rw - proc proc rw').map(({ mountPoint }) => mountPoint),
    ['-'],
  );
});

test('every mount of this host is parsed', () => {
  const text = readFileSync('/proc/self/mountinfo', 'utf8');
  assert.equal(parseMountinfo(text).length, text.trimEnd().split('\n').length);
});

test('unescaping takes back what the kernel escapes', () => {
  const escapeField = (name: string): string =>
    Buffer.from(name)
      .toString('latin1')
      .replace(/[ \t\n\\#]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const utf8 = Buffer.from(escapeField(name), 'latin1').toString('utf8');
      assert.equal(unescapeMountField(utf8), Buffer.from(name).toString('utf8'));
    }),
  );
});

test('any text is survived', () => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseMountinfo(text))));
});
