import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readCgroupLayout } from '../../../../../collector/kernel/cgroup/layout.ts';
import { CgroupMembers } from '../../../../../collector/kernel/cgroup/members.ts';
import { Scratch } from '../../../../../collector/kernel/scratch.ts';
import { type KernelName, TempKernel } from '../../../../kit/temp-kernel.ts';

const v2 = '6.1-v2-2numa';
const v1 = '5.10-v1-sparse-nodes';

/** A kernel whose cgroups hold these ids, by path of a file below the hierarchy that counts CPU time. */
function membersOf(t: TestContext, name: KernelName, files: Readonly<Record<string, string>>): CgroupMembers {
  const kernel = new TempKernel(name);
  t.after(() => kernel.remove());
  const layout = readCgroupLayout(kernel.roots);
  const { mountPoint } = layout.controller('cpu') ?? assert.fail('no cpu controller');
  const folder = mountPoint.slice(kernel.folder.length + 1);
  for (const [file, text] of Object.entries(files)) kernel.write(`${folder}/${file}`, text);
  return new CgroupMembers(layout, new Scratch());
}

const tree = {
  'm/cgroup.procs': '7\n11\n',
  'm/cgroup.threads': '7\n8\n11\n',
  'm/tasks': '7\n9\n11\n',
  'm/a/cgroup.procs': '20\n',
  'm/a/cgroup.threads': '20\n21\n',
  'm/a/tasks': '20\n22\n',
  'm/a/deep/cgroup.procs': '4194304\n',
  'm/b/cgroup.procs': '30\n0\n7\n',
};

test('processes of a cgroup are those of all cgroups below it, each once', (t) => {
  const members = membersOf(t, v2, tree);
  assert.deepEqual(members.read(['/m'], 'processes'), new Set([7, 11, 20, 4_194_304, 30]));
  assert.deepEqual(members.read(['/m/a', '/m/b'], 'processes'), new Set([20, 4_194_304, 30, 7]));
});

test('threads are in cgroup.threads on v2, in tasks on v1', (t) => {
  assert.deepEqual(membersOf(t, v2, tree).read(['/m'], 'threads'), new Set([7, 8, 11, 20, 21]));
  assert.deepEqual(membersOf(t, v1, tree).read(['/m'], 'threads'), new Set([7, 9, 11, 20, 22]));
});

test('cgroups that belong to others are left out with what is below them', (t) => {
  const members = membersOf(t, v2, tree);
  assert.deepEqual(members.read(['/m'], 'processes', new Set(['/m/a'])), new Set([7, 11, 30]));
});

test('what is gone, too long or empty has no members', (t) => {
  const members = membersOf(t, v2, { 'empty/cgroup.procs': '' });
  const long = `/${Array.from({ length: 20 }, () => 'x'.repeat(250)).join('/')}`;
  for (const path of ['/gone', '/empty', long]) assert.deepEqual(members.read([path], 'processes'), new Set());
});

test('the root is what is in no other cgroup', (t) => {
  const members = membersOf(t, v2, { ...tree, 'cgroup.procs': '1\n2\n' });
  assert.deepEqual(members.read(['/'], 'processes'), new Set([1, 2]));
});
