import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Row } from '../../../../collector/kernel/row.ts';
import { CgroupPool } from '../../../../collector/watch/cgroup-pool.ts';
import { divideSlot, foldSlot, planMerge } from '../../../../collector/watch/merge.ts';
import type { SharedCgroup } from '../../../../collector/watch/shared-cgroup.ts';
import { SubscriberTargets } from '../../../../collector/watch/subscriber-targets.ts';
import type { TargetRow } from '../../../../collector/watch/target-row.ts';
import { targetState } from '../../../../shared/rpc/watch-messages.ts';
import { FakeHost } from '../../../kit/fake-cgroups.ts';
import { doubleAt, integerAt } from '../../../kit/rows.ts';

const event = 'task_context_switches';
const unlimited = 9_223_372_036_854_771_712n;
const [cpu, memory, limit, psi, peak] = [0, 1, 2, 3, 4];

/** One pod with containers on a host in memory. */
class Pod {
  readonly host = new FakeHost();
  readonly pool = new CgroupPool(this.host);
  readonly targets = new SubscriberTargets(this.pool, this.pool.acquireSet({ events: [event], perCpu: false }), {
    sources: [],
    allocations: undefined,
  });
  #revision = 0;

  watch(...children: readonly string[]): void {
    this.#revision += 1;
    const target = { id: 'pod', cgroupPath: '/pod', childCgroupPaths: children };
    this.targets.apply({ revision: this.#revision, upsert: [target], remove: [] });
  }

  /** Reads as a tick does. */
  tick(): TargetRow {
    const [row] = this.targets.rows;
    assert.ok(row !== undefined);
    const cgroups = new Set<SharedCgroup>(row.sources.map(({ cgroup }) => cgroup));
    for (const cgroup of cgroups) {
      cgroup.wantsCostly = true;
      cgroup.readFiles();
      cgroup.readCounters();
    }
    row.update();
    return row;
  }

  cpu(): bigint | undefined {
    return integerAt(this.tick().files, cpu);
  }
}

function usage(ns: bigint): Record<string, bigint> {
  return { task_cpu_usage_seconds: ns };
}

function switchesOf(row: TargetRow): bigint | undefined {
  assert.ok(row.counters !== undefined);
  return integerAt(row.counters, 0);
}

test('each column is merged by the rule of its metric', () => {
  const pod = new Pod();
  pod.host.add('/pod', { ...usage(99n), task_psi_avg10_ratio: 0.25 });
  pod.host.add('/pod/a', { ...usage(2n ** 53n), task_mem_usage_bytes: 10n, task_mem_limit_bytes: 100n });
  pod.host.add('/pod/b', { ...usage(2n ** 53n + 1n), task_mem_usage_bytes: 5n, task_mem_limit_bytes: 50n });
  pod.watch('/pod/a', '/pod/b');
  const row = pod.tick();
  assert.equal(integerAt(row.files, cpu), 2n ** 54n + 1n);
  assert.equal(integerAt(row.files, memory), 15n);
  assert.equal(integerAt(row.files, limit), 150n);
  assert.equal(doubleAt(row.files, psi), 0.25);
});

test('one unlimited container makes the target unlimited', () => {
  const pod = new Pod();
  pod.host.add('/pod/a', { task_mem_limit_bytes: 100n });
  pod.host.add('/pod/b', { task_mem_limit_bytes: unlimited });
  pod.host.add('/pod/c', { task_mem_limit_bytes: 100n });
  pod.watch('/pod/a', '/pod/b', '/pod/c');
  assert.equal(integerAt(pod.tick().files, limit), unlimited);
});

test("a limit or a peak of the cgroup around the containers is the target's", () => {
  const pod = new Pod();
  pod.host.add('/pod', { task_mem_limit_bytes: 120n, task_mem_max_usage_bytes: 90n });
  pod.host.add('/pod/a', { task_mem_limit_bytes: unlimited, task_mem_max_usage_bytes: 60n });
  pod.host.add('/pod/b', { task_mem_limit_bytes: 100n, task_mem_max_usage_bytes: 50n });
  pod.watch('/pod/a', '/pod/b');
  const row = pod.tick();
  assert.equal(integerAt(row.files, limit), 120n);
  assert.equal(integerAt(row.files, peak), 90n);
});

test('peaks are added where the cgroup around the containers keeps none', () => {
  const pod = new Pod();
  pod.host.add('/pod', { task_mem_limit_bytes: unlimited });
  pod.host.add('/pod/a', { task_mem_limit_bytes: 10n, task_mem_max_usage_bytes: 60n });
  pod.host.add('/pod/b', { task_mem_limit_bytes: 20n, task_mem_max_usage_bytes: 50n });
  pod.watch('/pod/a', '/pod/b');
  const row = pod.tick();
  assert.equal(integerAt(row.files, limit), 30n, 'no limit around them is none to show');
  assert.equal(integerAt(row.files, peak), 110n);
});

test('a mean scaling factor is the mean over the containers that have one', () => {
  const [merge] = planMerge([{ metric: 'task_scaling_factor_avg', labels: {}, kind: 'f64', divisor: 1 }]);
  assert.ok(merge);
  const into = new Row(1);
  for (const factor of [1, 4]) {
    const from = new Row(1);
    from.setDouble(0, factor);
    foldSlot(into, from, { i: 0, merge });
  }
  divideSlot(into, 0, 2);
  assert.equal(doubleAt(into, 0), 2.5);
});

test('containers without a value are ignored, all without one make it absent', () => {
  const pod = new Pod();
  pod.host.add('/pod/a', { task_mem_usage_bytes: 7n });
  pod.host.add('/pod/b', {});
  pod.watch('/pod/a', '/pod/b');
  const row = pod.tick();
  assert.equal(integerAt(row.files, memory), 7n);
  assert.equal(integerAt(row.files, cpu), undefined);
});

test('what a container had counted when it ended keeps counting, its memory does not', () => {
  const pod = new Pod();
  pod.host.add('/pod');
  const a = pod.host.add('/pod/a', { ...usage(100n), task_mem_usage_bytes: 10n }, { [event]: 1n });
  pod.host.add('/pod/b', { ...usage(30n), task_mem_usage_bytes: 5n }, { [event]: 1n });
  pod.watch('/pod/a', '/pod/b');
  pod.tick();
  a.counters.set(event, 50n);
  pod.host.remove('/pod/a');
  const row = pod.tick();
  assert.equal(integerAt(row.files, cpu), 130n);
  assert.equal(integerAt(row.files, memory), 5n);
  assert.equal(switchesOf(row), 51n, 'with the final total of its counters');
  assert.equal(row.state, targetState.measured);
  assert.equal(pod.cpu(), 130n);
});

test('a container made again counts on top of what it had counted', () => {
  const pod = new Pod();
  pod.host.add('/pod');
  pod.host.add('/pod/a', usage(100n));
  pod.watch('/pod/a');
  assert.equal(pod.cpu(), 100n);
  pod.host.add('/pod/a', usage(3n));
  assert.equal(pod.cpu(), 100n, 'the end is noticed');
  assert.equal(pod.cpu(), 103n);
});

test('a container taken out of the target keeps counting, and is not counted twice when it returns', () => {
  const pod = new Pod();
  pod.host.add('/pod');
  pod.host.add('/pod/a', usage(100n));
  pod.host.add('/pod/b', usage(10n));
  pod.watch('/pod/a', '/pod/b');
  assert.equal(pod.cpu(), 110n);
  pod.watch('/pod/b');
  assert.equal(pod.cpu(), 110n);
  pod.watch('/pod/a', '/pod/b');
  assert.equal(pod.cpu(), 110n);
});

test('a counter missing in one sample stands still instead of falling', () => {
  const pod = new Pod();
  const a = pod.host.add('/pod/a', {}, { [event]: 100n });
  pod.host.add('/pod/b', {}, { [event]: 1n });
  pod.watch('/pod/a', '/pod/b');
  pod.tick();
  a.counters.delete(event);
  assert.equal(switchesOf(pod.tick()), 101n);
});

test('the generation stays while containers come and go and changes with the target itself', () => {
  const pod = new Pod();
  pod.host.add('/pod');
  pod.host.add('/pod/a', usage(1n));
  pod.watch('/pod/a');
  const { generationLow, generationHigh } = pod.tick();
  pod.host.add('/pod/a', usage(1n));
  pod.tick();
  assert.deepEqual([pod.tick().generationLow, pod.tick().generationHigh], [generationLow, generationHigh]);
  pod.host.add('/pod');
  pod.host.add('/pod/a', usage(7n));
  pod.tick();
  const row = pod.tick();
  assert.notEqual(row.generationLow, generationLow);
  assert.equal(integerAt(row.files, cpu), 7n, 'another task starts from nothing');
});

test('a target that gets containers changes its generation: its counters restart', () => {
  const pod = new Pod();
  pod.host.add('/pod', usage(500n));
  pod.host.add('/pod/a', usage(400n));
  pod.watch();
  const single = pod.tick();
  const before = [single.generationLow, single.generationHigh];
  pod.watch('/pod/a');
  const merged = pod.tick();
  assert.notDeepEqual([merged.generationLow, merged.generationHigh], before);
});

test('the end of everything is one row of final totals, then nothing', () => {
  const pod = new Pod();
  pod.host.add('/pod');
  const a = pod.host.add('/pod/a', usage(100n), { [event]: 4n });
  pod.watch('/pod/a');
  pod.tick();
  a.counters.set(event, 9n);
  pod.host.remove('/pod/a');
  pod.host.remove('/pod');
  const last = pod.tick();
  assert.equal(last.state, targetState.ended);
  assert.equal(switchesOf(last), 9n);
  const after = pod.tick();
  assert.equal(after.state, targetState.notFound);
  assert.equal(switchesOf(after), undefined);
});

test('property: counters of a target never fall while its generation stays', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('run'), child: fc.nat(3), by: fc.nat(1_000) }),
    fc.record({ kind: fc.constant('again'), child: fc.nat(3), by: fc.nat(1_000) }),
    fc.record({ kind: fc.constant('remove'), child: fc.nat(3), by: fc.nat(1_000) }),
    fc.record({ kind: fc.constant('hide'), child: fc.nat(3), by: fc.nat(1_000) }),
    fc.record({ kind: fc.constant('watch'), child: fc.nat(15), by: fc.nat(1_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const pod = new Pod();
      pod.host.add('/pod');
      const paths = ['/pod/0', '/pod/1', '/pod/2', '/pod/3'];
      for (const path of paths) pod.host.add(path, usage(0n), { [event]: 0n });
      pod.watch(...paths);
      let last = { cpu: 0n, switches: 0n };
      for (const { kind, child, by } of steps) {
        const path = `/pod/${child % 4}`;
        const cgroup = pod.host.cgroups.get(path);
        if (kind === 'run' && cgroup !== undefined) {
          // The file may be hidden at the moment; the counter behind it went on.
          const total = (cgroup.counters.get(event) ?? 0n) + BigInt(by);
          cgroup.files.set('task_cpu_usage_seconds', total);
          cgroup.counters.set(event, total);
        } else if (kind === 'again') pod.host.add(path, usage(BigInt(by)), { [event]: BigInt(by) });
        else if (kind === 'remove') pod.host.remove(path);
        else if (kind === 'hide') cgroup?.files.delete('task_cpu_usage_seconds');
        else if (kind === 'watch') pod.watch(...paths.filter((_, i) => (child & (1 << i)) !== 0 || i === 0));
        const row = pod.tick();
        const now = {
          cpu: integerAt(row.files, cpu) ?? last.cpu,
          switches: switchesOf(row) ?? last.switches,
        };
        assert.ok(now.cpu >= last.cpu, `cpu fell from ${last.cpu} to ${now.cpu} after ${kind}`);
        assert.ok(
          now.switches >= last.switches,
          `switches fell from ${last.switches} to ${now.switches} after ${kind}`,
        );
        last = now;
      }
    }),
    { numRuns: 300 },
  );
});
