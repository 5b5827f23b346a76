import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fakePlatform } from '../../../../../controller/plugin-kit.ts';
import { ask, makeNuma, movedPages } from '../../../../kit/numa-bench.ts';

/**
 * A second implementation, written from the text of spec allocation §7.3 to §7.8 with as little wit as possible: plain
 * loops, rounding by decimal search over exact fractions.
 */
interface Parameters {
  readonly algorithm: string;
  readonly loop_min_task_balance: number;
  readonly free_space_check: boolean;
  readonly migrate_pages: boolean;
  readonly migrate_pages_min_task_balance: number | null;
  readonly cgroups_memory_binding: boolean;
  readonly cgroups_memory_migrate: boolean;
}

interface RandomNode {
  readonly cpus: readonly number[];
  readonly free: number;
  readonly used: number;
}

interface RandomTask {
  readonly mem: number | undefined;
  readonly limit: number;
  readonly usage: number;
  readonly pages: readonly number[] | undefined;
  readonly cpus: readonly number[] | undefined;
}

/** Exact value of a double as numerator / 2^exponent. */
function fraction(value: number): readonly [numerator: bigint, power: bigint] {
  let numerator = value;
  let power = 0n;
  while (!Number.isInteger(numerator)) {
    numerator *= 2;
    power += 1n;
  }
  return [BigInt(numerator), power];
}

function pythonRound(value: number, digits: number): number {
  const [numerator, power] = fraction(Math.abs(value));
  const unit = 1n << power;
  const scaled = numerator * 10n ** BigInt(digits);
  let whole = scaled / unit;
  const rest = 2n * (scaled - whole * unit);
  if (rest > unit || (rest === unit && whole % 2n === 1n)) whole += 1n;
  return (Math.sign(value) * Number(whole)) / 10 ** digits;
}

type Answer = {
  readonly allocations: Record<string, Record<string, unknown>>;
  readonly moved: Record<string, number>;
};

function reference(parameters: Parameters, nodes: readonly RandomNode[], tasks: readonly RandomTask[]): Answer {
  const withCpus = nodes.map((_, n) => n).filter((n) => node(n).cpus.length > 0);
  function node(n: number): RandomNode {
    const found = nodes[n];
    assert.ok(found !== undefined);
    return found;
  }
  let total = 0;
  for (const { free, used } of nodes) total += free + used;
  const all = tasks.map((task, index) => {
    let limit = 0;
    if (task.mem !== undefined) limit = task.mem;
    else if (task.limit <= total) limit = task.limit;
    else if (task.usage <= total) limit = task.usage;
    let pages = 0;
    for (const count of task.pages ?? []) pages += count;
    const on = (n: number): number => task.pages?.[n] ?? 0;
    const pref = (n: number): number => pythonRound(on(n) / Math.max(1, pages), 4);
    let pinned = -1;
    for (const n of [...withCpus].reverse()) {
      const own = task.cpus ?? [];
      if (own.length > 0 && own.every((cpu) => node(n).cpus.includes(cpu))) pinned = n;
    }
    return { ...task, id: `t${index}`, limitBytes: limit, total: pages, on, pref, pinned };
  });
  const balance = (n: number): number => {
    let bytes = 0;
    for (const task of all) if (task.pinned === n) bytes += task.limitBytes;
    return bytes;
  };
  const allocations: Answer['allocations'] = {};
  const moved: Answer['moved'] = Object.fromEntries(all.map(({ id }) => [id, 0]));
  const order = all
    .map((task, index) => ({ task, index }))
    .sort((a, b) =>
      b.task.limitBytes === a.task.limitBytes ? a.index - b.index : b.task.limitBytes - a.task.limitBytes,
    )
    .map(({ task }) => task);

  for (const task of order) {
    if (task.pinned >= 0 || task.limitBytes === 0 || task.pages === undefined || task.cpus === undefined) continue;
    const own = task.cpus;
    const usable = (n: number): readonly number[] =>
      own.length === 0 ? node(n).cpus : node(n).cpus.filter((cpu) => own.includes(cpu));
    const part = (n: number): number => usable(n).length / node(n).cpus.length;
    let bestPart = 0;
    for (const n of withCpus) bestPart = Math.max(bestPart, part(n));
    const candidates = withCpus.filter((n) => bestPart > 0 && part(n) * 2 >= bestPart);
    const limit = task.limitBytes;
    let chosen = -1;
    if (parameters.algorithm === 'fill_biggest_first') {
      let score = -1;
      for (const n of candidates) {
        const own = pythonRound(limit / (balance(n) + limit), 4);
        if (own > score) [score, chosen] = [own, n];
      }
    } else {
      const extreme = (among: readonly number[], value: (n: number) => number, sign: number): Set<number> => {
        let most = Number.NEGATIVE_INFINITY;
        for (const n of among) most = Math.max(most, sign * value(n));
        return new Set(among.filter((n) => sign * value(n) === most));
      };
      const mostUsed = extreme(candidates, (n) => pythonRound(Math.log(1 + 1000 * task.pref(n)), 0), 1);
      const best = extreme(candidates, (n) => pythonRound(Math.log10(balance(n) + limit), 1), -1);
      const roomy = candidates.filter((n) => limit < node(n).free);
      const mostFree = extreme(roomy, (n) => pythonRound(Math.log10(node(n).free - limit), 1), 1);
      let maxPref = 0;
      for (const n of candidates) maxPref = Math.max(maxPref, task.pref(n));
      if (maxPref >= parameters.loop_min_task_balance) {
        for (const [a, b] of [
          [best, mostFree],
          [mostUsed, mostFree],
          [mostUsed, best],
        ]) {
          const common = [...(a ?? [])].filter((n) => b?.has(n)).sort((x, y) => x - y);
          if (common[0] !== undefined) chosen = common[0];
        }
      }
    }
    if (chosen < 0) continue;
    if (parameters.free_space_check && !(limit - 4096 * task.on(chosen) < node(chosen).free)) continue;
    const ids = usable(chosen);
    allocations[task.id] = { cpus: ids };
    if (parameters.cgroups_memory_binding) {
      allocations[task.id] = { ...allocations[task.id], mems: chosen };
      if (parameters.cgroups_memory_migrate) allocations[task.id] = { ...allocations[task.id], memoryMigrate: 1 };
    }
    if (parameters.migrate_pages) {
      allocations[task.id] = { ...allocations[task.id], migratePages: chosen };
      moved[task.id] = task.total - task.on(chosen);
    }
    break;
  }

  const threshold = parameters.migrate_pages_min_task_balance;
  if (parameters.migrate_pages && threshold !== null) {
    let freest = withCpus[0] ?? -1;
    for (const n of withCpus) if (node(n).free > node(freest).free) freest = n;
    for (const task of all) {
      if (task.pinned !== freest || task.pinned < 0 || task.pages === undefined) continue;
      if (task.pref(freest) >= threshold) continue;
      allocations[task.id] = { migratePages: freest };
      moved[task.id] = task.total - task.on(freest);
    }
  }
  return { allocations, moved };
}

/** `0-2,5` → [0, 1, 2, 5]; written again here, the allocator's own text is under test. */
function expand(text: unknown): readonly number[] {
  assert.equal(typeof text, 'string');
  return String(text)
    .split(',')
    .flatMap((range) => {
      const [first = Number.NaN, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

const gigabytes = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(10, 20, 40)).map((count) => count * 1e9);
const parameters: fc.Arbitrary<Parameters> = fc.record({
  algorithm: fc.constantFrom('fill_biggest_first', 'minimize_migration'),
  loop_min_task_balance: fc.constantFrom(0, 0.3, 0.5, 0.9),
  free_space_check: fc.boolean(),
  migrate_pages: fc.boolean(),
  migrate_pages_min_task_balance: fc.constantFrom(null, 0.5, 0.95, 1),
  cgroups_memory_binding: fc.boolean(),
  cgroups_memory_migrate: fc.boolean(),
});

/** Nodes with four CPUs, some with none; tasks with all, some, one node's, part of one node's, no or unknown CPUs. */
const cases = fc.integer({ min: 1, max: 8 }).chain((count) => {
  const cpusOf = (n: number): readonly number[] => [0, 1, 2, 3].map((cpu) => n * 4 + cpu);
  const every = Array.from({ length: count }, (_, n) => cpusOf(n)).flat();
  const cpus = fc.oneof(
    { weight: 4, arbitrary: fc.constant(every) },
    { weight: 4, arbitrary: fc.nat(count - 1).map(cpusOf) },
    fc.nat(count - 1).map((n) => cpusOf(n).slice(1)),
    fc.constant(every.filter((cpu) => cpu % 4 !== 0)),
    fc.subarray([...every]),
    fc.constant(undefined),
  );
  const pages = fc.array(fc.oneof(fc.nat(8), fc.nat(20_000_000)), { minLength: count, maxLength: count });
  return fc.record({
    parameters,
    nodes: fc.array(fc.record({ hasCpus: fc.nat(9), free: gigabytes, used: gigabytes }), {
      minLength: count,
      maxLength: count,
    }),
    tasks: fc.array(
      fc.record({
        mem: fc.oneof(gigabytes, fc.constant(undefined)),
        limit: fc.oneof(gigabytes, fc.constant(2 ** 63 - 4096)),
        usage: gigabytes,
        pages: fc.oneof({ weight: 9, arbitrary: pages }, { weight: 1, arbitrary: fc.constant(undefined) }),
        cpus,
      }),
      { maxLength: 8 },
    ),
  });
});

test('decides as a second implementation written from the specification does', () => {
  fc.assert(
    fc.property(cases, ({ parameters: given, nodes: plan, tasks }) => {
      const nodes = plan.map(({ hasCpus, free, used }, n) => ({
        cpus: hasCpus === 0 ? [] : [0, 1, 2, 3].map((cpu) => n * 4 + cpu),
        free,
        used,
      }));
      const platform = fakePlatform({
        nodeCpus: new Map(nodes.map(({ cpus }, n) => [n, cpus])),
        measurements: {
          platform_mem_numa_free_bytes: { numa_node: { ...nodes.map(({ free }) => free) } },
          platform_mem_numa_used_bytes: { numa_node: { ...nodes.map(({ used }) => used) } },
        },
      });
      const answer = ask(
        makeNuma(JSON.stringify(given)),
        platform,
        tasks.map(({ mem, limit, usage, pages, cpus }, index) => ({
          id: `t${index}`,
          resources: mem === undefined ? {} : { mem },
          allocations: cpus === undefined ? undefined : { cpuset_cpus: cpus },
          measurements: {
            task_mem_limit_bytes: limit,
            task_mem_usage_bytes: usage,
            ...(pages === undefined ? {} : { task_mem_numa_pages: { numa_node: { ...pages } } }),
          },
        })),
      );
      const expected = reference(given, nodes, tasks);
      const got = [...answer.allocations].map(([id, own]) => {
        const named = Object.entries({
          cpus: own.cpuset_cpus === undefined ? undefined : expand(own.cpuset_cpus),
          mems: own.cpuset_mems === undefined ? undefined : Number(own.cpuset_mems),
          memoryMigrate: own.cpuset_memory_migrate,
          migratePages: own.migrate_pages,
        });
        return [id, Object.fromEntries(named.filter(([, value]) => value !== undefined))];
      });
      assert.deepEqual(Object.fromEntries(got), expected.allocations);
      assert.deepEqual(movedPages(answer), expected.moved);
    }),
    { numRuns: 4000 },
  );
});
