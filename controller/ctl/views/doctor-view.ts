import type { Capability__Output as Capability } from '../../../shared/rpc/gen/wca/v1/Capability.ts';
import { renderPairs } from '../../terminal/render.ts';
import { marksOf, paint, type Style } from '../../terminal/style.ts';
import { cleanText, padToWidth } from '../../terminal/text-width.ts';
import type { Platform } from '../peers.ts';
import { layoutText } from './platform-view.ts';

/** Capabilities that belong together, most important first, and what each gives. */
interface Group {
  readonly title: string;
  /** Of the names that are not listed. */
  readonly prefixes: readonly string[];
  readonly gives: readonly (readonly [name: string, text: string])[];
}

const groups: readonly Group[] = [
  {
    title: 'Tasks',
    prefixes: ['cgroup'],
    gives: [
      ['cgroup.host', 'tasks of the whole host, not of one container'],
      ['cgroup.cpu', 'CPU time of each task'],
      ['cgroup.cpuacct', 'CPU time of each task'],
      ['cgroup.memory', 'memory of each task'],
      ['cgroup.cpu.throttling', 'time tasks are stopped by their CPU quota'],
      ['cgroup.memory.peak', 'highest memory use of each task'],
      ['cgroup.memory.numa_stat', 'memory of each task by NUMA node'],
      ['cgroup.v1', 'layout of the cgroup hierarchies'],
      ['cgroup.hybrid', 'layout of the cgroup hierarchies'],
      ['cgroup.v2', 'layout of the cgroup hierarchies'],
    ],
  },
  {
    title: 'Performance counters',
    prefixes: ['perf'],
    gives: [
      ['perf.cgroup', 'perf events of each task'],
      ['perf.hardware', 'cycles, instructions, cache misses, IPC'],
      ['perf.software', 'context switches, page faults, migrations'],
    ],
  },
  {
    title: 'Pressure',
    prefixes: ['psi'],
    gives: [
      ['psi.cgroup', 'pressure on each task'],
      ['psi', 'pressure on the host'],
    ],
  },
  {
    title: 'Cache and memory bandwidth',
    prefixes: ['rdt'],
    gives: [
      ['rdt.monitoring', 'what follows, for each task'],
      ['rdt.llc_occupancy', 'last-level cache in use'],
      ['rdt.mbm_total', 'memory bandwidth'],
      ['rdt.mbm_local', 'memory bandwidth to the same socket'],
      ['rdt.cache_control', 'parts of the cache for tasks'],
      ['rdt.bandwidth_control', 'memory bandwidth limits for tasks'],
    ],
  },
  {
    title: 'Memory controllers and links',
    prefixes: ['uncore'],
    gives: [['uncore', 'traffic of DRAM, persistent memory and UPI']],
  },
  {
    title: 'Processes of tasks',
    prefixes: ['wss', 'sched'],
    gives: [
      ['wss', 'memory each task references'],
      ['sched', 'scheduler statistics of each task'],
    ],
  },
  {
    title: 'Memory of the host',
    prefixes: ['numa', 'vmstat', 'zoneinfo', 'memory_modules'],
    gives: [
      ['numa', 'memory by NUMA node'],
      ['vmstat', 'all fields of vmstat'],
      ['zoneinfo', 'all fields of zoneinfo'],
      ['memory_modules', 'number, size and speed of memory modules'],
    ],
  },
  {
    title: 'Allocation',
    prefixes: ['allocation'],
    gives: [
      ['allocation.cpu_quota', 'part of the CPUs a task may use'],
      ['allocation.cpu_burst', 'quota that may be saved up'],
      ['allocation.cpu_shares', 'weight of tasks against each other'],
      ['allocation.cpu_idle', 'tasks that get only what others leave'],
      ['allocation.cpuset_cpus', 'CPUs of each task'],
      ['allocation.cpuset_mems', 'NUMA nodes of each task'],
      ['allocation.cpuset_memory_migrate', 'pages that follow the NUMA nodes'],
      ['allocation.migrate_pages', 'pages moved to a NUMA node'],
      ['allocation.memory_high', 'memory above which a task is slowed down'],
      ['allocation.memory_low', 'memory that a task keeps'],
      ['allocation.io_weight', 'weight of IO'],
      ['allocation.rdt_l3', 'parts of the cache'],
      ['allocation.rdt_mb', 'limits of memory bandwidth'],
    ],
  },
];

const other = 'Other';

/** Capabilities in the order an operator should read them; equals by name. */
export function rankCapabilities(capabilities: readonly Capability[]): readonly Capability[] {
  return [...capabilities].sort((a, b) => rankOf(a.name) - rankOf(b.name) || (a.name < b.name ? -1 : 1));
}

/** What this host can and cannot measure, why, and what would help: the capabilities by what they are about. */
export function renderDoctor(platform: Platform, style: Style): readonly string[] {
  const ranked = rankCapabilities(platform.capabilities);
  const nameWidth = ranked.reduce((widest, { name }) => Math.max(widest, name.length), 0);
  const lines = [...groups.map(({ title }) => title), other].flatMap((title) => {
    const found = ranked.filter(({ name }) => (groupOf(name)?.title ?? other) === title);
    if (found.length === 0) return [];
    return ['', paint(title, 'heading', style), ...renderGroup(found, nameWidth, style)];
  });
  const missing = ranked.filter(({ available }) => !available).length;
  const verdict =
    missing === 0
      ? paint('Everything can be had here.', 'good', style)
      : `${ranked.length - missing} of ${ranked.length} can be had here.`;
  return [
    `${paint(cleanText(platform.hostname), 'heading', style)}  kernel ${cleanText(platform.kernel)}, ${platform.cpus.length} CPUs`,
    `cgroups ${cleanText(layoutText(platform))}`,
    ...lines,
    '',
    verdict,
  ];
}

/** Missing ones in a row that share reason and remedy share the lines that tell them. */
function renderGroup(found: readonly Capability[], nameWidth: number, style: Style): readonly string[] {
  return found.flatMap((capability, i) => {
    const head = renderHead(capability, nameWidth, style);
    const next = found[i + 1];
    const { available, reason, remedy } = capability;
    if (available || (next !== undefined && next.reason === reason && next.remedy === remedy)) return [head];
    const why = [['why', reason] as const, ['remedy', remedy === '' ? 'none on this host' : remedy] as const];
    return [head, ...renderPairs(why, style).map((line) => `  ${line}`)];
  });
}

function renderHead({ name, available }: Capability, nameWidth: number, style: Style): string {
  const marks = marksOf(style);
  const mark = available ? paint(marks.yes, 'good', style) : paint(marks.no, 'bad', style);
  const head = `${mark} ${padToWidth(cleanText(name), nameWidth, 'left')}  ${paint(givesOf(name), 'faint', style)}`;
  return head.trimEnd();
}

function groupOf(name: string): Group | undefined {
  const [prefix = ''] = name.split('.');
  return groups.find(({ prefixes }) => prefixes.includes(prefix));
}

/** By group, then by the place in it; a name that is not there comes after those that are. */
function rankOf(name: string): number {
  const group = groupOf(name);
  if (group === undefined) return groups.length * groupRanks;
  const index = group.gives.findIndex(([known]) => known === name);
  return groups.indexOf(group) * groupRanks + (index === -1 ? group.gives.length : index);
}

const groupRanks = 1000;

function givesOf(name: string): string {
  return groupOf(name)?.gives.find(([known]) => known === name)?.[1] ?? '';
}
