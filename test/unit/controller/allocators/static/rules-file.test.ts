import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { RulesFile } from '../../../../../controller/allocators/static/rules-file.ts';
import { StaticAllocator, staticAllocator } from '../../../../../controller/allocators/static/static-allocator.ts';
import { createComponent, fakePlatform, fakeTasks } from '../../../../../controller/plugin-kit.ts';

const folder = mkdtempSync(join(tmpdir(), 'wca-rules-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

/** An allocator over a file of its own, with what it logs. */
function bench(env: Readonly<Record<string, string>> = {}) {
  files += 1;
  const path = join(folder, `rules-${files}.yaml`);
  const lines: { level: number; msg: string }[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const file = new RulesFile({ path, env });
  const allocator = new StaticAllocator({ rules: [], file, logger });
  return {
    path,
    file,
    /** Replaced as editors and orchestrators do it. */
    write(text: string): void {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    },
    /** What t1 gets, and the failures that the metric tells. */
    ask(): { readonly quota: number | undefined; readonly failures: number } {
      const { allocations, metrics = [] } = allocator.allocate(fakePlatform(), fakeTasks({ id: 't1' }));
      const [metric] = metrics;
      assert.equal(metric?.name, 'wca_static_allocator_reload_failures');
      return { quota: allocations.get('t1')?.cpu_quota, failures: Number(metric.value) };
    },
    warnings: (): readonly string[] => lines.filter(({ level }) => level === 40).map(({ msg }) => msg),
  };
}

const quotaRule = (quota: number): string => `- {allocations: {cpu_quota: ${quota}}}\n`;

test('a file is read again when it has changed, and only then', () => {
  const { write, ask, file } = bench();
  write(quotaRule(0.5));
  assert.equal(ask().quota, 0.5);
  const first = file.read();
  assert.equal(file.read(), first);
  write(quotaRule(0.25));
  assert.equal(ask().quota, 0.25);
});

test('a version that is wrong is not used: the last good one stays, it is told and counted once (W18)', () => {
  const { write, ask, warnings } = bench();
  write(quotaRule(0.5));
  ask();
  for (const text of ['- {allocations: {cpu_quota: ', '', 'rules: 5', '- {allocations: {cpu_quota: high}}']) {
    const { failures } = ask();
    write(text);
    assert.deepEqual(ask(), { quota: 0.5, failures: failures + 1 }, text);
    assert.deepEqual(ask(), { quota: 0.5, failures: failures + 1 }, text);
  }
  assert.equal(warnings().length, 4);
  write(quotaRule(0.25));
  assert.deepEqual(ask(), { quota: 0.25, failures: 4 });
  assert.equal(warnings().length, 4);
});

test('a file that was never right gives no rules', () => {
  const { write, ask } = bench();
  write('- {allocation: {cpu_quota: 1}}');
  assert.deepEqual(ask(), { quota: undefined, failures: 1 });
});

test('without the file only inline rules are in force, which is told once', () => {
  const { write, ask, path, warnings } = bench();
  assert.deepEqual(ask(), { quota: undefined, failures: 0 });
  ask();
  assert.deepEqual(warnings(), [
    'there is no file of rules, only inline rules are in force',
    'there are no rules, nothing is allocated',
  ]);
  write(quotaRule(0.5));
  assert.equal(ask().quota, 0.5);
  rmSync(path);
  assert.deepEqual(ask(), { quota: undefined, failures: 0 });
  assert.equal(warnings().length, 4);
});

test('!Env is the value of an environment variable', () => {
  const { write, file } = bench({ CPUS: '0-3' });
  write('- {allocations: {cpuset_cpus: !Env CPUS}}');
  assert.deepEqual(
    file.read().rules.map(({ allocations }) => allocations),
    [{ cpuset_cpus: '0-3' }],
  );
});

test('a file that everybody can write is not used', () => {
  const { write, ask, path } = bench();
  write(quotaRule(0.5));
  chmodSync(path, 0o666);
  assert.deepEqual(ask(), { quota: undefined, failures: 1 });
  chmodSync(path, 0o600);
  assert.deepEqual(ask(), { quota: 0.5, failures: 1 });
});

test('a rule without allocations is told with its place', () => {
  const { write, ask, path, warnings } = bench();
  write('- {allocations: {cpu_quota: 0.5}}\n- {name: idle}\n');
  assert.equal(ask().quota, 0.5);
  assert.deepEqual(warnings(), [`${path}:2:3 [1]: a rule without allocations has no effect`]);
});

test('the file comes after the inline rules', async () => {
  const path = join(folder, 'after.yaml');
  writeFileSync(path, '- {task_id: t1, allocations: {cpu_quota: 0.5}}');
  const allocator = createComponent(
    staticAllocator,
    `{config: ${path}, rules: [{allocations: {cpu_quota: 1, cpu_shares: 2}}]}`,
  );
  const tasks = fakeTasks({ id: 't1' }, { id: 't2' });
  const { allocations } = await allocator.allocate(fakePlatform(), tasks, new AbortController().signal);
  assert.deepEqual(Object.fromEntries(allocations), {
    t1: { cpu_quota: 0.5, cpu_shares: 2 },
    t2: { cpu_quota: 1, cpu_shares: 2 },
  });
});

test('a path that leads upwards is refused', () => {
  assert.throws(() => createComponent(staticAllocator, '{config: ../rules.yaml}'), { message: /leads upwards/ });
});

/** The sample of spec allocation §6.1. */
const sample = `- name: default for everything
  allocations: {cpu_quota: 1.0, cpu_shares: 10, cpuset_cpus: "1-3"}
- name: best effort
  labels: {job_uniq_id: '[01]'}
  allocations:
    cpu_shares: 0.5
    rdt: {name: be, l3: 'L3:0=0ffff;1=0ffff'}
`;

test('the sample of the original is understood', () => {
  const { write, file } = bench();
  write(sample);
  const { kind, rules } = file.read();
  assert.equal(kind, 'good');
  assert.deepEqual(
    rules.map(({ name, allocations }) => ({ name, allocations })),
    [
      { name: 'default for everything', allocations: { cpu_quota: 1, cpu_shares: 10, cpuset_cpus: '1-3' } },
      { name: 'best effort', allocations: { cpu_shares: 0.5, rdt: { name: 'be', l3: 'L3:0=0ffff;1=0ffff' } } },
    ],
  );
});
