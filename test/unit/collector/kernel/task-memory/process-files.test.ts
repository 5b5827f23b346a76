import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ClearRefs } from '../../../../../collector/kernel/task-memory/clear-refs.ts';
import {
  probeClearRefs,
  probeMemoryAccess,
  probeMemoryMap,
} from '../../../../../collector/kernel/task-memory/probe.ts';
import { ReferencedMemory } from '../../../../../collector/kernel/task-memory/referenced-memory.ts';

/** A procfs of plain files. */
function procOf(t: TestContext, files: Readonly<Record<string, string>>) {
  const procfs = mkdtempSync(join(tmpdir(), 'wca-proc-'));
  t.after(() => rmSync(procfs, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(procfs, name)), { recursive: true });
    writeFileSync(join(procfs, name), text);
  }
  return { procfs, sysfs: '/sys' };
}

test('smaps_rollup is preferred, smaps taken, neither is told of with what is to be done', (t) => {
  const both = probeMemoryMap(procOf(t, { 'self/smaps': '', 'self/smaps_rollup': '' }));
  assert.deepEqual(both, { ok: true, value: 'smaps_rollup' });
  assert.deepEqual(probeMemoryMap(procOf(t, { 'self/smaps': '' })), { ok: true, value: 'smaps' });
  const none = probeMemoryMap(procOf(t, {}));
  assert.ok(!none.ok);
  assert.deepEqual(
    [none.error.code, none.error.remedy],
    ['FEATURE_ABSENT', 'use a kernel with CONFIG_PROC_PAGE_MONITOR'],
  );
});

test('clear_refs is there or not', (t) => {
  assert.equal(probeClearRefs(procOf(t, { 'self/clear_refs': '' })), undefined);
  assert.equal(probeClearRefs(procOf(t, {}))?.code, 'FEATURE_ABSENT');
});

test('referenced memory of a process is told in KiB, by either file', async (t) => {
  const roots = procOf(t, {
    '7/smaps_rollup': 'Rss: 9 kB\nReferenced: 8 kB\n',
    '7/smaps': 'Referenced: 8 kB\nReferenced: 3 kB\n',
  });
  const subject = '/a';
  assert.deepEqual(await new ReferencedMemory(roots, 'smaps_rollup').read(7, subject), { ok: true, value: 8 });
  assert.deepEqual(await new ReferencedMemory(roots, 'smaps').read(7, subject), { ok: true, value: 11 });
});

test('smaps longer than the buffer is read to its end', async (t) => {
  const mapping = `00-01 r--p 0 fe:00 1  /${'x'.repeat(3000)}\nReferenced: 4 kB\n`;
  const roots = procOf(t, { '7/smaps': mapping.repeat(100) });
  assert.deepEqual(await new ReferencedMemory(roots, 'smaps').read(7, '/a'), { ok: true, value: 400 });
});

test('a process that has ended has no memory', async (t) => {
  const roots = procOf(t, { '7': 'no folder' });
  const memory = new ReferencedMemory(roots, 'smaps_rollup');
  assert.deepEqual(await memory.read(8, '/a'), { ok: true, value: 0 });
  assert.deepEqual(await memory.read(7, '/a'), { ok: true, value: 0 }, 'ENOTDIR');
});

test('a text of another format, another kind of file and a link are refused, not taken for 0', async (t) => {
  const roots = procOf(t, { '7/smaps_rollup': 'Referenced: 8', '8/smaps_rollup/x': '' });
  mkdirSync(join(roots.procfs, '9'));
  symlinkSync('../7/smaps_rollup', join(roots.procfs, '9/smaps_rollup'));
  const memory = new ReferencedMemory(roots, 'smaps_rollup');
  const codes = await Promise.all(
    [7, 8, 9].map(async (pid) => {
      const reading = await new ReferencedMemory(roots, 'smaps_rollup').read(pid, '/a');
      return reading.ok ? 'ok' : `${reading.error.code} ${reading.error.subject} ${reading.error.errno}`;
    }),
  );
  assert.deepEqual(codes, [
    'KERNEL_FORMAT /a smaps_rollup undefined',
    'KERNEL_REFUSED /a smaps_rollup EISDIR',
    'KERNEL_REFUSED /a smaps_rollup ELOOP',
  ]);
  writeFileSync(join(roots.procfs, '7/smaps_rollup'), 'Referenced: 8 kB\n');
  assert.deepEqual(await memory.read(7, '/a'), { ok: true, value: 8 });
});

test('clearing writes 1 and a line end, to the process that is named only', async (t) => {
  const roots = procOf(t, { '7/clear_refs': '', '8/clear_refs': '' });
  assert.equal(await new ClearRefs(roots, true).clear(7, '/a'), undefined);
  assert.equal(readFileSync(join(roots.procfs, '7/clear_refs'), 'utf8'), '1\n');
  assert.equal(readFileSync(join(roots.procfs, '8/clear_refs'), 'utf8'), '');
});

test('clearing a process that has ended is no error and makes no file', async (t) => {
  const roots = procOf(t, { '7/x': '' });
  const clearRefs = new ClearRefs(roots, true);
  assert.equal(await clearRefs.clear(7, '/a'), undefined);
  assert.equal(await clearRefs.clear(8, '/a'), undefined);
  assert.throws(() => readFileSync(join(roots.procfs, '7/clear_refs')), { code: 'ENOENT' });
});

test('without permission of the operator nothing is written', async (t) => {
  const roots = procOf(t, { '7/clear_refs': '' });
  assert.equal((await new ClearRefs(roots, false).clear(7, '/a'))?.code, 'PERMISSION');
  assert.equal(readFileSync(join(roots.procfs, '7/clear_refs'), 'utf8'), '');
});

const isRoot = process.geteuid?.() === 0;
test('who lacks the privilege is told which one', { skip: isRoot ? false : 'needs root, to drop it' }, async (t) => {
  const roots = { procfs: '/proc', sysfs: '/sys' };
  process.seteuid?.(65534);
  t.after(() => process.seteuid?.(0));
  const reading = await new ReferencedMemory(roots, 'smaps_rollup').read(1, '/a');
  assert.ok(!reading.ok);
  assert.deepEqual([reading.error.code, reading.error.errno], ['PERMISSION', 'EACCES']);
  assert.match(reading.error.remedy ?? '', /CAP_SYS_PTRACE/);
  assert.match(probeMemoryAccess(roots, 'smaps_rollup')?.remedy ?? '', /CAP_SYS_PTRACE/);
  const problem = await new ClearRefs(roots, true).clear(1, '/a');
  assert.deepEqual([problem?.code, problem?.errno], ['PERMISSION', 'EACCES']);
  assert.match(problem?.remedy ?? '', /CAP_DAC_OVERRIDE/);
  process.seteuid?.(0);
  assert.equal(probeMemoryAccess(roots, 'smaps_rollup'), undefined);
});
