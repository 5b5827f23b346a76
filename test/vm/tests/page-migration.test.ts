// guests: v2 v1
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AllocationValue } from '../../../shared/allocation/values.ts';
import { AllocationClient } from '../../kit/allocation-client.ts';
import { TestCgroups } from '../../kit/cgroups.ts';
import { CollectorProcess } from '../../kit/collector-process.ts';
import { ControllerProcess } from '../../kit/controller-process.ts';
import { WatchStream } from '../../kit/watch-stream.ts';
import { startWorkload } from '../kit/scene.ts';
import { assertClose } from '../kit/tolerance.ts';

/** The pages of a real process of 300 MB move from node 0 to node 1, while it goes on. */

const pages = 76_800;
const cgroups = TestCgroups.make((why) => {
  throw new Error(why);
});
if (cgroups === undefined) throw new Error('no cgroups');
/** On v1 cpusets are a hierarchy of their own. */
const sets = TestCgroups.makeCpuset(cgroups.root);
after(() => {
  sets?.remove();
  cgroups.remove();
});

function place(name: string): string {
  sets?.add(name);
  return cgroups?.add(name) ?? '';
}

function enter(path: string, pid: number): void {
  sets?.attach(path, pid);
  cgroups?.attach(path, pid);
}

/** Pages of a process on a node; /proc/PID/numa_maps: `7f5a8c000000 default anon=512 dirty=512 N0=512 kernelpagesize_kB=4`. */
function pagesOn(pid: number, node: number): number {
  const counts = readFileSync(`/proc/${pid}/numa_maps`, 'utf8').matchAll(new RegExp(` N${node}=(\\d+)`, 'g'));
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function startOnNode0(t: TestContext, name: string, kind: 'stall' | 'touch') {
  const path = place(name);
  const workload = await startWorkload(t, { kind, amount: pages, before: ['numactl', '--preferred=0'] });
  enter(path, workload.pid);
  await workload.act();
  assertClose(pagesOn(workload.pid, 0), pages, { share: 0.02, what: 'pages on node 0 before' });
  return { path, workload };
}

async function startCollector(t: TestContext) {
  const collector = await CollectorProcess.start({ args: ['--allocate-below', cgroups?.root ?? ''] });
  t.after(() => collector.stop());
  return collector;
}

for (const bulk of [false, true]) {
  test(`pages move ${bulk ? 'in bulk' : 'in small batches'}, are counted, and the task does not wait long`, async (t) => {
    const collector = await startCollector(t);
    const { path, workload } = await startOnNode0(t, `moved-${bulk}`, 'stall');
    await workload.act();
    await sleep(2000);
    const usualUs = await workload.act();

    const stream = new WatchStream(collector.client(), { intervalMs: 500, currentAllocations: true });
    stream.update([path]);
    await stream.next();
    const startMs = performance.now();
    const wish: AllocationValue = { type: 'migrate_pages', node: 1, bulk };
    await new AllocationClient(collector.client()).apply(path, [wish]);
    let moved = 0;
    let notMoved = 0;
    await stream.next(({ allocations }) => {
      const current = allocations?.targets[0]?.values.find(({ value }) => value.type === 'migrate_pages');
      ({ moved = 0, notMoved = 0 } = current?.progress ?? {});
      return current?.progress?.running === false;
    });
    const stallUs = await workload.act();
    stream.call.cancel();
    const seconds = (performance.now() - startMs) / 1000;
    t.diagnostic(
      `${moved} pages moved, ${notMoved} not, in ${seconds.toFixed(1)} s; longest wait ${stallUs} µs, without moving ${usualUs} µs`,
    );
    assertClose(pagesOn(workload.pid, 1), pages, { share: 0.02, what: 'pages on node 1' });
    assertClose(moved, pages, { share: 0.02, what: 'pages counted as moved' });
    assert.ok(notMoved < pages / 100, `${notMoved} not moved`);
  });
}

test('a process that shares its pages keeps those: they are counted as not moved', async (t) => {
  const collector = await startCollector(t);
  const path = place('shared');
  // Two processes of one program: its text is of both.
  const workloads = [
    await startWorkload(t, { kind: 'touch', amount: 100 }),
    await startWorkload(t, { kind: 'touch', amount: 100 }),
  ];
  for (const { pid } of workloads) enter(path, pid);
  const node = pagesOn(workloads[0]?.pid ?? 0, 0) > pagesOn(workloads[0]?.pid ?? 0, 1) ? 1 : 0;
  const client = new AllocationClient(collector.client());
  const stream = new WatchStream(collector.client(), { intervalMs: 500, currentAllocations: true });
  stream.update([path]);
  await stream.next();
  await client.apply(path, [{ type: 'migrate_pages', node, bulk: false }]);
  let notMoved = 0;
  await stream.next(({ allocations }) => {
    const current = allocations?.targets[0]?.values.find(({ value }) => value.type === 'migrate_pages');
    notMoved = current?.progress?.notMoved ?? 0;
    return current?.progress?.running === false;
  });
  stream.call.cancel();
  t.diagnostic(`${notMoved} pages shared`);
  assert.ok(notMoved > 0);
});

for (const binding of ['migrate_pages', 'cgroups_memory_migrate']) {
  test(`NUMAAllocator moves a process of 300 MB to the other node by ${binding}`, async (t) => {
    const collector = await startCollector(t);
    const anchor = place(`anchor-${binding}`);
    // The largest goes first, to node 0.
    const limit = cgroups.file(anchor, 'memory.max') ?? cgroups.file(anchor, 'memory.limit_in_bytes') ?? '';
    writeFileSync(limit, '629145600');
    const small = await startWorkload(t, { kind: 'touch', amount: 10, before: ['numactl', '--preferred=0'] });
    enter(anchor, small.pid);
    const { path, workload } = await startOnNode0(t, `big-${binding}`, 'touch');
    const own = binding === 'migrate_pages';
    const controller = new ControllerProcess({
      collector: collector.socket,
      config: [
        'runner: !AllocationRunner',
        '  measurement_runner: !MeasurementRunner',
        '    interval: 1.0',
        '    event_names: []',
        `    node: !StaticNode {tasks: [${anchor.slice(1)}, ${path.slice(1)}]}`,
        '    metrics_storage: !LogStorage {output_filename: metrics.prom, overwrite: true}',
        '  allocations_storage: !LogStorage {output_filename: allocations.prom, overwrite: true}',
        '  anomalies_storage: !LogStorage {output_filename: anomalies.prom, overwrite: true}',
        '  allocator: !NUMAAllocator',
        '    algorithm: fill_biggest_first',
        `    migrate_pages: ${own}`,
        `    cgroups_memory_binding: ${!own}`,
        `    cgroups_memory_migrate: ${!own && existsSync('/sys/fs/cgroup/cpuset/cpuset.cpus')}`,
        '  restore_on_exit: true',
        '',
      ].join('\n'),
    });
    t.after(() => controller.stop());
    for (let waited = 0; waited < 300 && pagesOn(workload.pid, 1) < pages * 0.98; waited += 1) {
      assert.equal(controller.child.exitCode, null, controller.log);
      await sleep(200);
    }
    const [left, arrived] = [pagesOn(workload.pid, 0), pagesOn(workload.pid, 1)];
    t.diagnostic(`node 0: ${left}, node 1: ${arrived}`);
    assert.ok(arrived > pages * 0.98, `${controller.log.slice(-3000)}\n${collector.lines.slice(-20).join('\n')}`);
    assert.match(readFileSync(`/proc/${workload.pid}/status`, 'utf8'), /^Cpus_allowed_list:\s*2-3$/m);
    assert.equal(await controller.stop(), 0);
    assert.match(readFileSync(`/proc/${workload.pid}/status`, 'utf8'), /^Cpus_allowed_list:\s*0-3$/m);
  });
}
