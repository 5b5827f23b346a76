import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { classifyErrno, systemError } from '../../../../collector/kernel/errno.ts';
import { KernelFile, readKernelText } from '../../../../collector/kernel/kernel-file.ts';
import { RetryPace } from '../../../../collector/kernel/retry-pace.ts';
import { Scratch } from '../../../../collector/kernel/scratch.ts';
import { openBelow } from '../../../kit/open-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'wca-kernel-file-'));
after(() => rmSync(folder, { recursive: true }));

for (const keepOpen of [true, false]) {
  test(`a file ${keepOpen ? 'kept open' : 'opened each time'} is read afresh from its beginning`, () => {
    const path = join(folder, `fresh-${keepOpen}`);
    writeFileSync(path, 'one\n');
    const file = new KernelFile({ path, subject: 'x', keepOpen });
    const scratch = new Scratch();
    assert.equal(file.read(scratch), 'read');
    assert.equal(scratch.text(), 'one\n');
    writeFileSync(path, 'three\n');
    assert.equal(file.read(scratch), 'read');
    assert.equal(scratch.text(), 'three\n');
    assert.equal(file.isOpen, keepOpen);
    assert.equal(openBelow(path), keepOpen ? 1 : 0);
    file.close();
    file.close();
    assert.equal(openBelow(path), 0);
  });
}

test('a file longer than the scratch makes it grow', () => {
  const path = join(folder, 'long');
  const text = 'x'.repeat(100_000);
  writeFileSync(path, text);
  for (const pieces of [true, false]) {
    const scratch = new Scratch();
    assert.equal(new KernelFile({ path, subject: 'x', keepOpen: false, pieces }).read(scratch), 'read');
    assert.equal(scratch.text(), text);
  }
});

test('a file beyond the bound is refused and nothing stays open', () => {
  const file = new KernelFile({ path: '/dev/zero', subject: 'zeros', keepOpen: true });
  assert.equal(file.read(new Scratch()), 'failed');
  assert.equal(file.error().errno, 'EFBIG');
  assert.equal(openBelow('/dev/zero'), 0);
});

test('/proc files come whole though the kernel gives them in pieces', () => {
  const smaps = readKernelText('/proc/self/smaps', new Scratch());
  assert.ok(smaps.ok && smaps.value.length > 8192 && smaps.value.includes('[vdso]'));
});

test('a missing file is a value, and so is a link', () => {
  const missing = new KernelFile({ path: join(folder, 'none'), subject: '/a none', keepOpen: true });
  assert.equal(missing.read(new Scratch()), 'missing');
  symlinkSync('/etc/passwd', join(folder, 'link'));
  const link = new KernelFile({ path: join(folder, 'link'), subject: '/a link', keepOpen: true });
  assert.equal(link.read(new Scratch()), 'failed');
  assert.equal(link.error().errno, 'ELOOP');
  const text = readKernelText(join(folder, 'none'), new Scratch());
  assert.ok(!text.ok && text.error.code === 'FEATURE_ABSENT');
});

for (const [errno, failure, code] of [
  ['ENODEV', 'gone', 'CGROUP_GONE'],
  ['ESRCH', 'gone', 'CGROUP_GONE'],
  ['ENOENT', 'missing', 'CGROUP_GONE'],
  ['EACCES', 'denied', 'PERMISSION'],
  ['EPERM', 'denied', 'PERMISSION'],
  ['ENOTSUP', 'unsupported', 'FEATURE_ABSENT'],
  ['EOPNOTSUPP', 'unsupported', 'FEATURE_ABSENT'],
  ['EMFILE', 'failed', 'FD_EXHAUSTED'],
  ['EIO', 'failed', 'KERNEL_REFUSED'],
] as const) {
  test(`${errno} means ${failure} and is reported as ${code}`, () => {
    assert.equal(classifyErrno(errno), failure);
    const error = systemError('/a memory.stat', errno);
    assert.equal(error.code, code);
    assert.equal(error.errno, errno);
    assert.equal(error.subject, '/a memory.stat');
  });
}

test('attempts at something that fails become rarer, down to one in 65', () => {
  const pace = new RetryPace();
  const due: number[] = [];
  for (let turn = 0; turn < 300; turn++) {
    if (!pace.isDue()) continue;
    due.push(turn);
    pace.back();
  }
  assert.deepEqual(due, [0, 1, 3, 6, 11, 20, 37, 70, 135, 200, 265]);
  pace.reset();
  assert.equal(pace.isDue(), true);
});
