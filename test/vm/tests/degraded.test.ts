// guests: v1
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../kit/package-root.ts';
import { Scene } from '../kit/scene.ts';

/** A machine with neither PMU nor RDT nor pressure of cgroups: what is absent is named, the rest is measured. */

const scene = Scene.make(['task'], { events: ['task_instructions', 'task_cycles', 'task_clock_seconds'] });

function doctor(...args: readonly string[]) {
  const main = join(packageRoot(), 'dist', 'controller', 'ctl', 'main.js');
  const address = `unix:${scene.agent.collector.socket}`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [main, 'doctor', '--collector', address, '--timeout', '60', ...args],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

test('wca-ctl doctor names what this machine lacks, with a reason and a remedy', (t) => {
  const { status, stdout, stderr } = doctor('-o', 'json');
  assert.equal(status, 0, stderr);
  const platform: { capabilities: { name: string; available: boolean; reason: string; remedy: string }[] } =
    JSON.parse(stdout);
  const absent = platform.capabilities.filter(({ available }) => !available);
  for (const { name, reason, remedy } of absent) {
    t.diagnostic(`${name}: ${reason}; ${remedy}`);
    assert.ok(reason !== '' && remedy !== '', `${name} is explained`);
  }
  const names = absent.map(({ name }) => name);
  assert.ok(names.includes('perf.hardware'));
  assert.ok(names.includes('psi.cgroup'));
  assert.ok(names.includes('rdt.monitoring'));
  for (const present of ['cgroup.cpu', 'cgroup.memory', 'perf.cgroup', 'perf.software', 'numa']) {
    assert.ok(!names.includes(present), `${present} is there`);
  }
});

test('a script that requires hardware counters learns that they are absent', () => {
  const { status, stderr } = doctor('--require', 'perf.hardware');
  assert.equal(status, 3);
  assert.match(stderr, /perf\.hardware/);
});

test('the loop runs: tasks have all metrics but those of events that the machine lacks', async (t) => {
  assert.equal(existsSync('/sys/fs/resctrl'), false, 'the kernel has no resctrl here');
  const { id, workload } = await scene.start(t, 'task', { kind: 'mix', amount: 100 });
  const first = await scene.agent.samplesOf(id);
  await workload.act();
  const last = await scene.agent.samplesOf(id);
  assert.equal(last.find('task_instructions', { task_id: id }), undefined);
  for (const name of ['task_cpu_usage_seconds', 'task_clock_seconds']) {
    const grown = last.value(name, { task_id: id }) - first.value(name, { task_id: id });
    assert.ok(grown > 1.9 && grown < 2.1, `${name} ${grown}`);
  }
  assert.ok(last.value('wca_up') > first.value('wca_up'));
});
