// guests: v2 v1 nodes4
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene } from '../kit/scene.ts';
import { assertClose } from '../kit/tolerance.ts';

/** Memory: where the pages are, how many faults brought them. */

const pages = 8192;
const scene = Scene.make(['bound-0', 'bound-1', 'faults'], { events: ['task_page_faults'] });

for (const node of [0, 1]) {
  test(`the pages of a process bound to node ${node} are on node ${node}`, async (t) => {
    const { id, workload } = await scene.start(t, `bound-${node}`, {
      kind: 'touch',
      amount: pages,
      before: ['numactl', `--cpunodebind=${node}`, `--membind=${node}`],
    });
    await workload.act();
    const samples = await scene.agent.samplesOf(id);
    const on = (numaNode: number) => samples.value('task_mem_numa_pages', { task_id: id, numa_node: String(numaNode) });
    t.diagnostic(`node 0: ${on(0)}, node 1: ${on(1)}`);
    assertClose(on(node), pages, { share: 0.02, what: `pages on node ${node}` });
    assert.ok(on(1 - node) < pages * 0.02, `pages on the other node: ${on(1 - node)}`);
  });
}

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
