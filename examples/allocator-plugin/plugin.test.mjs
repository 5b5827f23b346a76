// node --test examples/allocator-plugin/
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createComponent, fakePlatform, fakeTasks } from 'wca/plugin-kit';
import { plugin } from './plugin.mjs';
import { budgetOf, divide, nextLimit } from './suppress.mjs';

const options = { target: 0.65, reserved: 0 };
const host = { capacity: 20, floor: 0.1 };

test('the budget is what target, latency-critical tasks, system and a margin leave over', () => {
  assert.equal(budgetOf({ capacity: 20, latencyCritical: 4, system: 2 }, options), 13 - 4 - 2 - 1);
  assert.equal(budgetOf({ capacity: 20, latencyCritical: 4, system: 2 }, { ...options, reserved: 3 }), 13 - 4 - 3 - 1);
  assert.ok(budgetOf({ capacity: 20, latencyCritical: 18, system: 0 }, options) < 0);
  assert.equal(budgetOf({ capacity: 4, latencyCritical: 0, system: 0 }, { ...options, target: 1 }), 3.5);
});

test('a limit falls at once, to the floor at most', () => {
  assert.deepEqual(nextLimit({ cpus: 10, clean: 5 }, 4, host), { cpus: 4, clean: 0 });
  assert.deepEqual(nextLimit({ cpus: 10, clean: 0 }, -7, host), { cpus: 0.1, clean: 0 });
});

test('a limit rises after three clean rounds, by a tenth of the host a round', () => {
  const rounds = [];
  let limit = { cpus: 4, clean: 0 };
  for (let round = 0; round < 7; round += 1) {
    limit = nextLimit(limit, 9, host);
    rounds.push(limit.cpus);
  }
  assert.deepEqual(rounds, [4, 4, 6, 8, 9, 9, 9]);
});

test('a limit that is nearly right stays', () => {
  assert.equal(nextLimit({ cpus: 4, clean: 2 }, 4.15, host).cpus, 4);
  assert.equal(nextLimit({ cpus: 4, clean: 2 }, 3.85, host).cpus, 4);
});

test('whatever the budgets, a limit stays between floor and host and rises slowly', () => {
  let limit = nextLimit(undefined, 5, host);
  for (let i = 0; i < 1000; i += 1) {
    const next = nextLimit(limit, 25 * Math.sin(i * i), host);
    assert.ok(next.cpus >= host.floor && next.cpus <= host.capacity);
    assert.ok(next.cpus - limit.cpus <= 2 + 1e-9);
    limit = next;
  }
});

test('the limit is divided by weight', () => {
  assert.deepEqual(
    divide(
      6,
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    ),
    new Map([
      ['a', 2],
      ['b', 4],
    ]),
  );
});

/** One iteration a second on 20 CPUs: counters of CPU seconds. `hostSeconds` undefined: not measured. */
function iteration(second, hostSeconds, tasks, capabilities = []) {
  const usage = hostSeconds === undefined ? {} : { platform_cpu_usage: { cpu: { 0: hostSeconds * 100 } } };
  const platform = fakePlatform({
    timestamp: second,
    capabilities: new Set(capabilities),
    measurements: usage,
  });
  return [
    platform,
    fakeTasks(...tasks.map(({ seconds, ...task }) => ({ ...task, measurements: { task_cpu_usage_seconds: seconds } }))),
    new AbortController().signal,
  ];
}

const web = (seconds) => ({ id: 'web', labels: { class: 'latency-critical' }, seconds });
const batch = (id, seconds, labels = {}) => ({ id, labels: { class: 'best-effort', ...labels }, seconds });
const parameters = '{best_effort: {class: best-effort}}';

test('best-effort tasks share what is left, the others stay as they are', () => {
  const allocator = createComponent(plugin, parameters);
  assert.equal(allocator.allocate(...iteration(1, 0, [web(0), batch('a', 0), batch('b', 0)])).allocations.size, 0);
  // 12 CPUs in use: web 4, a 6, system 2. Left: 13 - 4 - 2 - 1 = 6 CPUs, 0.3 of 20.
  const tasks = [web(4), batch('a', 6), batch('b', 0, { weight: '2' })];
  const { allocations, metrics } = allocator.allocate(...iteration(2, 12, tasks, ['allocation.cpu_idle']));
  assert.deepEqual(Object.fromEntries(allocations), {
    a: { cpu_idle: 1, cpu_quota: 0.1 },
    b: { cpu_idle: 1, cpu_quota: 0.2 },
  });
  assert.deepEqual(
    metrics.map(({ name, value }) => [name, value]),
    [
      ['best_effort_budget_cpus', 6],
      ['best_effort_limit_cpus', 6],
    ],
  );
});

test('a latency-critical task that was not measured keeps what it was promised', () => {
  const allocator = createComponent(plugin, parameters);
  const promised = { ...web(undefined), resources: { cpus: 5 } };
  allocator.allocate(...iteration(1, 0, [batch('a', 0)]));
  const { metrics } = allocator.allocate(...iteration(2, 0, [promised, batch('a', 0)]));
  assert.equal(metrics[0].value, 13 - 5 - 0 - 1);
});

test('not knowing what the host does, everything stays for a minute, then best-effort tasks get the floor', () => {
  const allocator = createComponent(plugin, parameters);
  allocator.allocate(...iteration(0, 0, [batch('a', 0)]));
  allocator.allocate(...iteration(1, 1, [batch('a', 1)]));
  assert.equal(allocator.allocate(...iteration(30, undefined, [batch('a', 2)])).allocations.size, 0);
  const { allocations } = allocator.allocate(...iteration(62, undefined, [batch('a', 3)]));
  assert.deepEqual(Object.fromEntries(allocations), { a: { cpu_quota: 0.1 / 20 } });
});

test('wrong parameters are refused', () => {
  assert.throws(() => createComponent(plugin, '{target: 65}'), {
    code: 'INVALID_CONFIG',
    message: /best_effort: missing/,
  });
});
