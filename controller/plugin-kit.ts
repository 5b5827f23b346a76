import { pino } from 'pino';
import type { Clock } from '../shared/lifecycle/clock.ts';
import { Checker } from './config/checker.ts';
import type { Definition } from './config/component.ts';
import type { ComponentContext } from './config/context.ts';
import type { ComponentKind, ComponentKinds } from './config/kinds.ts';
import { configurationError } from './config/problem-text.ts';
import { Registry } from './config/registry.ts';
import { parseYaml } from './config/yaml-document.ts';
import type { LevelValue, Measurements } from './model/measurements.ts';
import type { Platform } from './model/platform.ts';
import type { TaskData, TasksData } from './model/task-data.ts';

/**
 * For the tests of plugins: a platform, tasks and measurements made by hand, and components made from YAML as the
 * controller makes them. Nothing of the product uses it. Exported as `wca/plugin-kit`.
 */

/**
 * Values by metric: a number, a bigint, by one integer level (`{ numa_node: { 0: 100, 1: 5 } }`), or with all their
 * labels; undefined where nothing was measured.
 */
export type FakeValues = Readonly<Record<string, FakeValue | undefined>>;
export type FakeValue = number | bigint | ByLevel | readonly LevelValue[];
type ByLevel = Readonly<Record<string, Readonly<Record<number, number>>>>;

/** `fakeMeasurements({ task_cpu_usage_seconds: 12.5, task_mem_numa_pages: { numa_node: { 0: 100, 1: 5 } } })`. */
export function fakeMeasurements(values: FakeValues = {}): Measurements {
  const numbers = new Map<string, number | bigint>();
  const levels = new Map<string, readonly LevelValue[]>();
  for (const [metric, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (typeof value === 'number' || typeof value === 'bigint') numbers.set(metric, value);
    else levels.set(metric, isList(value) ? value : levelValues(value));
  }
  const levelsOf = (metric: string): readonly LevelValue[] => levels.get(metric) ?? [];
  return Object.freeze({
    number: (metric: string) => {
      const value = numbers.get(metric);
      return value === undefined ? undefined : Number(value);
    },
    exact: (metric: string) => numbers.get(metric),
    levels: levelsOf,
    byLevel: (metric: string, level: string) =>
      new Map(levelsOf(metric).map(({ labels, value }) => [Number(labels[level]), value])),
    names: () => [...numbers.keys(), ...levels.keys()],
  });
}

/** Array.isArray does not narrow readonly lists. */
function isList(value: ByLevel | readonly LevelValue[]): value is readonly LevelValue[] {
  return Array.isArray(value);
}

function levelValues(byLevel: ByLevel): readonly LevelValue[] {
  return Object.entries(byLevel).flatMap(([level, values]) =>
    Object.entries(values).map(([id, value]) => ({ labels: { [level]: id }, value })),
  );
}

/** What differs from a platform with two nodes, each one socket of ten cores without hyper-threads, and 96 GB. */
export type FakePlatform = Partial<Omit<Platform, 'measurements'>> & { readonly measurements?: FakeValues };

/**
 * A platform; counts of sockets, CPUs and nodes follow from `nodeCpus` unless given.
 * `fakePlatform({ nodeCpus: new Map([[0, [0, 1]]]), measurements: { platform_mem_usage_bytes: 5 } })`.
 */
export function fakePlatform({ measurements, ...given }: FakePlatform = {}): Platform {
  const nodeCpus = given.nodeCpus ?? new Map([range(0, 10), range(10, 10)].map((cpus, node) => [node, cpus]));
  const cpus = [...nodeCpus.values()].flat();
  const nodes = [...nodeCpus.keys()];
  return Object.freeze({
    hostname: 'host1',
    sockets: nodeCpus.size,
    cores: cpus.length,
    cpus: cpus.length,
    numaNodes: nodeCpus.size,
    cpuModel: 'a CPU',
    cpuCodeName: '',
    topology: new Map([...nodeCpus].map(([node, own]) => [node, new Map(own.map((cpu) => [cpu, [cpu]]))])),
    nodeDistances: new Map(nodes.map((a) => [a, new Map(nodes.map((b) => [b, a === b ? 10 : 21]))])),
    pageSizeBytes: 4096,
    memoryTotalBytes: 96e9 * nodeCpus.size,
    swapEnabled: false,
    cgroupMode: 'v2',
    rdt: undefined,
    capabilities: new Set<string>(),
    timestamp: 1_600_000_000,
    ...given,
    nodeCpus,
    measurements: fakeMeasurements(measurements),
  });
}

/** What differs from a task without labels, resources and allocations; everything but the id can be left out. */
export type FakeTask = Partial<Omit<TaskData, 'measurements'>> & {
  readonly id: string;
  readonly measurements?: FakeValues;
};

/** `fakeTask({ id: 'a', resources: { mem: 2e9 }, allocations: { cpuset_cpus: [0, 1] } })`. */
export function fakeTask({ id, measurements, ...given }: FakeTask): TaskData {
  return Object.freeze({
    name: id,
    cgroupPath: `/${id}`,
    subcgroupPaths: [],
    resources: {},
    allocations: undefined,
    ...given,
    id,
    labels: { task_id: id, task_name: id, ...given.labels },
    measurements: fakeMeasurements(measurements),
  });
}

/** What `allocate` and `detect` get: `fakeTasks({ id: 'a' }, { id: 'b' })`. */
export function fakeTasks(...tasks: readonly FakeTask[]): TasksData {
  return new Map(tasks.map((task) => [task.id, fakeTask(task)]));
}

/** What `create` gets: no cgroups, a silent logger, a clock that stands still. */
export function fakeContext(): ComponentContext {
  const clock: Clock = {
    monotonicNs: () => 0n,
    monotonicMs: () => 0,
    realtimeNs: () => 1_600_000_000_000_000_000n,
    sleep: () => Promise.resolve(),
  };
  return {
    host: { listCgroups: () => Promise.resolve([]) },
    clock,
    logger: () => pino({ level: 'silent' }),
  };
}

export interface CreateOptions {
  readonly context?: ComponentContext;
  /** For `!Env`. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Makes a component as a configuration would: `createComponent(plugin, '{target: 0.65}')`. Throws INVALID_CONFIG that
 * names every problem. Parameters that are components themselves cannot be given.
 */
export function createComponent<K extends ComponentKind>(
  definition: Definition<K, ComponentKinds[K]>,
  parameters = '',
  { context = fakeContext(), env = {} }: CreateOptions = {},
): ComponentKinds[K] {
  const file = 'parameters';
  const { root, problems } = parseYaml(`!${definition.tag} ${parameters}`, env);
  if (root?.kind !== 'component') {
    throw configurationError(
      file,
      problems.map((problem) => ({ ...problem, field: '' })),
    );
  }
  const site = new Checker(new Registry(), () => true).site(definition.tag);
  const make = definition.check(root, site);
  if (make === undefined) throw configurationError(file, site.problems);
  return make(context);
}

function range(from: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}
