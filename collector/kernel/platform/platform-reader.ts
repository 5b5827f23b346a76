import { join } from 'node:path';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Column } from '../../../shared/rpc/watch-messages.ts';
import { KernelFile } from '../kernel-file.ts';
import { NodeMemoryDecoder, type NumaNode, nodesFolder } from '../numa/nodes.ts';
import { OnlineList } from '../online-list.ts';
import { MemoryUsageDecoder } from '../proc/meminfo.ts';
import { CpuTicksDecoder, StealDecoder } from '../proc/stat.ts';
import { VmstatDecoder } from '../proc/vmstat.ts';
import type { KernelRoots } from '../roots.ts';
import type { Row } from '../row.ts';
import { Scratch } from '../scratch.ts';
import { type PlatformFacts, readHotPlugFacts } from './probe.ts';
import { onlineCpusPath, type Topology } from './topology.ts';

/** Metric and exact key of /proc/vmstat. */
const vmstatKeys = [
  ['platform_vmstat_numa_pages_migrated', 'numa_pages_migrated'],
  ['platform_vmstat_pgmigrate_success', 'pgmigrate_success'],
  ['platform_vmstat_pgmigrate_fail', 'pgmigrate_fail'],
  ['platform_vmstat_numa_hint_faults', 'numa_hint_faults'],
  ['platform_vmstat_numa_hint_faults_local', 'numa_hint_faults_local'],
  ['platform_vmstat_pgfaults', 'pgfault'],
] as const;

/** One file and the columns it gives. */
interface Source {
  readonly path: string;
  readonly file: KernelFile;
  readonly columns: readonly Column[];
  readonly decode: (scratch: Scratch, row: Row, at: number) => boolean;
  /** Why its columns are absent or partly so; the same object as long as it lasts. */
  problem: WcaError | undefined;
}

function u64(metric: string, labels: Readonly<Record<string, string>> = {}): Column {
  return { metric, labels, kind: 'u64', divisor: 1 };
}

const topologyColumns = ['platform_topology_cores', 'platform_topology_cpus', 'platform_topology_sockets'].map(
  (metric) => u64(metric),
);

/** The measurements of the host itself, from /proc and /sys; files are kept open. */
export class PlatformReader {
  readonly #roots: KernelRoots;
  readonly #scratch: Scratch;
  readonly #watched: readonly OnlineList[];
  #topology: Topology;
  #onlineCpus: readonly number[];
  #sources: readonly Source[];
  #columns: readonly Column[];

  constructor(roots: KernelRoots, facts: PlatformFacts, scratch = new Scratch()) {
    this.#roots = roots;
    this.#scratch = scratch;
    this.#topology = facts;
    this.#onlineCpus = facts.cpus.map(({ id }) => id);
    this.#sources = planSources(roots, facts, facts.numaNodes);
    this.#columns = columnsOf(this.#sources);
    this.#watched = [
      new OnlineList(onlineCpusPath(roots), this.onlineCpus),
      new OnlineList(
        join(nodesFolder(roots), 'online'),
        facts.numaNodes.map(({ id }) => id),
      ),
    ];
    // What changed since the facts were taken.
    this.refresh();
  }

  /** Another array after a `refresh` that answered true. */
  get columns(): readonly Column[] {
    return this.#columns;
  }

  /** Ids of the online CPUs, ascending. */
  get onlineCpus(): readonly number[] {
    return this.#onlineCpus;
  }

  /** Socket of an online CPU; undefined for one that is not online. */
  socketOf(cpu: number): number | undefined {
    return this.#topology.cpus.find(({ id }) => id === cpu)?.socket;
  }

  /** Files that cannot be read or have another format, each as one lasting object. */
  get problems(): readonly WcaError[] {
    return this.#sources.flatMap(({ problem }) => problem ?? []);
  }

  /** Reads everything into the slots of `columns`, which begin at `at`. What cannot be read is absent. */
  readInto(row: Row, at: number): void {
    row.setInteger(at, this.#topology.cores);
    row.setInteger(at + 1, this.#topology.cpus.length);
    row.setInteger(at + 2, this.#topology.sockets);
    let slot = at + topologyColumns.length;
    for (const source of this.#sources) {
      this.#readSource(source, row, slot);
      slot += source.columns.length;
    }
  }

  #readSource(source: Source, row: Row, at: number): void {
    const state = source.file.read(this.#scratch);
    if (state === 'read') {
      if (source.decode(this.#scratch, row, at)) source.problem = undefined;
      else source.problem ??= formatError(source.path, this.#scratch);
      return;
    }
    row.clear(at, source.columns.length);
    // A node may be removed between two looks at the list of nodes.
    if (state !== 'missing' && state !== 'gone') source.problem ??= source.file.error();
  }

  /** Looks whether CPUs or nodes came or went (two small reads); true when `columns` or `onlineCpus` changed. */
  refresh(): boolean {
    let changed = false;
    for (const list of this.#watched) if (list.hasChanged(this.#scratch)) changed = true;
    if (changed) this.#replan();
    return changed;
  }

  #replan(): void {
    const facts = readHotPlugFacts(this.#roots, this.#scratch);
    for (const { file } of this.#sources) file.close();
    this.#topology = facts;
    this.#onlineCpus = facts.cpus.map(({ id }) => id);
    this.#sources = planSources(this.#roots, facts, facts.numaNodes);
    this.#columns = columnsOf(this.#sources);
  }

  /** Idempotent. */
  close(): void {
    for (const { file } of this.#sources) file.close();
    for (const list of this.#watched) list.close();
  }
}

function columnsOf(sources: readonly Source[]): readonly Column[] {
  return [...topologyColumns, ...sources.flatMap(({ columns }) => columns)];
}

function planSources(roots: KernelRoots, { cpus }: Topology, nodes: readonly NumaNode[]): readonly Source[] {
  const ids = cpus.map(({ id }) => id);
  const ticks = new CpuTicksDecoder(ids);
  const steal = new StealDecoder();
  const usage = new MemoryUsageDecoder();
  const vmstat = new VmstatDecoder(vmstatKeys.map(([, key]) => key));
  return [
    makeSource(
      join(roots.procfs, 'stat'),
      [...ids.map((id) => u64('platform_cpu_usage', { cpu: `${id}` })), u64('platform_cpu_steal')],
      {
        decode: (scratch, row, at) => {
          const isWhole = ticks.decode(scratch, row, at);
          return steal.decode(scratch, row, at + ids.length) && isWhole;
        },
      },
    ),
    makeSource(join(roots.procfs, 'meminfo'), [u64('platform_mem_usage_bytes')], usage),
    ...nodes.map(({ id }) =>
      makeSource(
        join(nodesFolder(roots), `node${id}`, 'meminfo'),
        ['platform_mem_numa_free_bytes', 'platform_mem_numa_used_bytes'].map((name) =>
          u64(name, { numa_node: `${id}` }),
        ),
        new NodeMemoryDecoder(id),
      ),
    ),
    makeSource(
      join(roots.procfs, 'vmstat'),
      vmstatKeys.map(([metric]) => u64(metric)),
      vmstat,
    ),
  ];
}

function makeSource(path: string, columns: readonly Column[], decoder: Pick<Source, 'decode'>): Source {
  // Of these only /proc/vmstat is a file of many records.
  const file = new KernelFile({ path, subject: path, keepOpen: true, pieces: path.endsWith('/vmstat') });
  return { path, file, columns, decode: (scratch, row, at) => decoder.decode(scratch, row, at), problem: undefined };
}

function formatError(path: string, scratch: Scratch): WcaError {
  const message = `not in the format WCA knows; it begins ${JSON.stringify(scratch.text().slice(0, 120))}`;
  return new WcaError('KERNEL_FORMAT', { subject: path, message });
}
