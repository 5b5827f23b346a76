import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkSafeFile, checkStats, readSafeFile } from '../../../../controller/config/file-safety.ts';

const folder = mkdtempSync(join(tmpdir(), 'wca-file-safety-'));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Buffer, mode = 0o644): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

const me = { uid: 1000, gid: 1000 };
const root = { uid: 0, gid: 0 };
const stats = { uid: 1000, gid: 1000, mode: 0o100644, size: 10, isFile: () => true };

const owners: readonly (readonly [name: string, change: object, identity: typeof me, refused: RegExp | undefined])[] = [
  ['our own file', {}, me, undefined],
  ["root's file", { uid: 0, gid: 0 }, me, undefined],
  ["another user's file", { uid: 1001 }, me, /owned by user 1001/],
  ["another user's file, read by root", { uid: 1001 }, root, undefined],
  ['writable by others', { mode: 0o100646 }, me, /writable by everybody/],
  ['writable by others, read by root', { mode: 0o100646 }, root, /writable by everybody/],
  ['writable by our group', { mode: 0o100664 }, me, undefined],
  ["writable by root's group", { mode: 0o100664, gid: 0 }, me, undefined],
  ['writable by another group (W-11)', { mode: 0o100664, gid: 7 }, me, /writable by group 7/],
  ['no regular file', { isFile: () => false }, me, /not a regular file/],
  ['too large', { size: 1_048_577 }, me, /has 1048577 bytes/],
  ['as large as allowed', { size: 1_048_576 }, me, undefined],
];

for (const [name, change, identity, refused] of owners) {
  test(`file safety: ${name} is ${refused === undefined ? 'accepted' : 'refused'}`, () => {
    const check = (): void => checkStats('/f', { ...stats, ...change }, identity);
    if (refused === undefined) check();
    else assert.throws(check, { code: 'INVALID_CONFIG', subject: '/f', message: refused });
  });
}

test('a safe file is read', () => {
  assert.equal(readSafeFile(write('good.yaml', 'runner: ż\n')), 'runner: ż\n');
});

test('a symbolic link to a safe file is followed', () => {
  const link = join(folder, 'link.yaml');
  symlinkSync(write('target.yaml', 'a'), link);
  assert.equal(readSafeFile(link), 'a');
});

const unreadable: readonly (readonly [name: string, file: () => string, message: RegExp])[] = [
  ['a relative path', () => 'config.yaml', /not an absolute path/],
  ['a file that does not exist (W-10)', () => join(folder, 'absent'), /does not exist/],
  ['a folder', () => folder, /not a regular file/],
  ['a file below a file', () => join(write('plain', ''), 'x'), /ENOTDIR/],
  ['a path with NUL', () => '/etc/\0', /NUL/],
  ['bytes that are no text', () => write('binary', Buffer.from([0xff, 0xfe, 0x80])), /not UTF-8/],
  ['a file writable by everybody', () => write('open', 'a', 0o666), /writable by everybody/],
];

for (const [name, file, message] of unreadable) {
  test(`refused: ${name}`, () => {
    assert.throws(() => readSafeFile(file()), { code: 'INVALID_CONFIG', message });
  });
}

test('a FIFO is refused without waiting for a writer', () => {
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  assert.throws(() => readSafeFile(fifo), { message: /not a regular file/ });
});

test('a file of another user is refused to an unprivileged one', (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root to give a file away');
  const file = write('foreign', 'a');
  chownSync(file, 4321, 4321);
  assert.throws(() => checkSafeFile(file, me), { message: /owned by user 4321/ });
});
