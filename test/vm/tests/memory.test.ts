// guests: v2 v1 nodes4
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Samples } from '../kit/agent.ts';
import { Scene } from '../kit/scene.ts';
import { assertClose } from '../kit/tolerance.ts';

/** Memory: where the pages are, how many faults brought them. */

const pages = 8192;
const nodes = readdirSync('/sys/devices/system/node')
  .flatMap((name) => /^node(\d+)$/.exec(name)?.[1] ?? [])
  .map(Number)
  .sort();
const bound = nodes.map((node) => `bound-${node}`);
const scene = Scene.make([...bound, 'moved', 'faults'], { events: ['task_page_faults'] });

/** Asserts that the pages that a task touched are on one node and no other. */
function assertOnNode(t: TestContext, samples: Samples, { id, node }: { readonly id: string; readonly node: number }) {
  const pagesOn = (n: number) => samples.value('task_mem_numa_pages', { task_id: id, numa_node: String(n) });
  t.diagnostic(nodes.map((n) => `node ${n}: ${pagesOn(n)}`).join(', '));
  for (const n of nodes) {
    assertClose(pagesOn(n), n === node ? pages : 0, { share: 0.02, slack: 50, what: `pages on node ${n}` });
  }
}

for (const node of nodes) {
  test(`the pages of a process bound to node ${node} are on node ${node}`, async (t) => {
    const before = ['numactl', `--membind=${node}`];
    const { id, workload } = await scene.start(t, `bound-${node}`, { kind: 'touch', amount: pages, before });
    await workload.act();
    assertOnNode(t, await scene.agent.samplesOf(id), { id, node });
  });
}

/**
 * The folder of a cpuset that holds a task: the task's own cgroup on v2, one of its own on v1, told to move pages when
 * its nodes change.
 */
function putIntoCpuset(t: TestContext, id: string, pid: number): string {
  const unified = scene.cgroups.file(`/${id}`, 'cpuset.mems');
  if (unified !== undefined) return dirname(unified);
  const root = '/sys/fs/cgroup/cpuset';
  const folder = `${root}/wca-test-cpuset`;
  mkdirSync(folder);
  t.after(() => rmdirSync(folder)); // runs after the end of the task
  for (const file of ['cpuset.cpus', 'cpuset.mems'])
    writeFileSync(`${folder}/${file}`, readFileSync(`${root}/${file}`));
  writeFileSync(`${folder}/cpuset.memory_migrate`, '1');
  writeFileSync(`${folder}/cgroup.procs`, String(pid));
  return folder;
}

test('when a cpuset moves the pages of a task to another node, its numbers follow', async (t) => {
  const { id, workload } = await scene.start(t, 'moved', { kind: 'touch', amount: pages });
  const cpuset = putIntoCpuset(t, id, workload.pid);
  writeFileSync(`${cpuset}/cpuset.mems`, '0');
  await workload.act();
  assertOnNode(t, await scene.agent.samplesOf(id), { id, node: 0 });
  writeFileSync(`${cpuset}/cpuset.mems`, '1');
  assertOnNode(t, await scene.agent.samplesOf(id), { id, node: 1 });
});

test('a program that touches N new pages has N page faults more, by the cgroup and by perf', async (t) => {
  const { id, workload } = await scene.start(t, 'faults', { kind: 'touch', amount: pages });
  const first = await scene.agent.samplesOf(id);
  await workload.act();
  const last = await scene.agent.samplesOf(id);
  for (const name of ['task_mem_page_faults', 'task_page_faults']) {
    const grown = last.value(name, { task_id: id }) - first.value(name, { task_id: id });
    t.diagnostic(`${name} ${grown}`);
    assertClose(grown, pages, { share: 0.01, what: name });
  }
});
