import type { Column } from '../../../shared/rpc/watch-messages.ts';
import { type FileDecoder, KeyedDecoder, limitDecoder, numberDecoder } from './file-decoder.ts';
import { IoBytesDecoder } from './io-bytes.ts';
import { blkioBytesFile, type CgroupLayout, type Hierarchy } from './layout.ts';
import { NumaStatV1Decoder, NumaStatV2Decoder } from './numa-stat.ts';
import { PsiDecoder, psiKinds } from './psi.ts';

/** What decoders need to know of the host. */
export interface DecoderFacts {
  readonly numaNodeIds: readonly number[];
  readonly pageSizeBytes: number;
}

/** One file of a cgroup: where it is, when it is read, which columns it gives. */
export interface FileRow {
  readonly hierarchy: Hierarchy;
  readonly file: string;
  /** Costs more than all others together (kernel-notes §2): read at its own, slower pace. */
  readonly costly: boolean;
  readonly columns: readonly Column[];
  readonly makeDecoder: (facts: DecoderFacts) => FileDecoder;
}

const nanoseconds = 1e9;
const microseconds = 1e6;

function u64(metric: string, divisor = 1, labels: Readonly<Record<string, string>> = {}): Column {
  return { metric, labels, kind: 'u64', divisor };
}

function keyed(hierarchy: Hierarchy, file: string, keys: readonly (readonly [string, Column])[]): FileRow {
  return {
    hierarchy,
    file,
    costly: file === 'memory.stat',
    columns: keys.map(([, column]) => column),
    makeDecoder: () => new KeyedDecoder(keys.map(([key]) => key)),
  };
}

function single(hierarchy: Hierarchy, file: string, column: Column, decoder: FileDecoder = numberDecoder): FileRow {
  return { hierarchy, file, costly: false, columns: [column], makeDecoder: () => decoder };
}

function throttling(timeKey: string, divisor: number): readonly (readonly [string, Column])[] {
  return [
    ['nr_periods', u64('task_cpu_periods')],
    ['nr_throttled', u64('task_cpu_throttled_periods')],
    [timeKey, u64('task_cpu_throttled_seconds', divisor)],
  ];
}

/** CPU time and throttling: on v1 two files that may be on two hierarchies, on v2 one. */
function cpuFiles(layout: CgroupLayout): FileRow[] {
  const cpu = layout.controller('cpu');
  const cpuacct = layout.controller('cpuacct');
  const files: FileRow[] = [];
  const unified: (readonly [string, Column])[] = [];
  if (cpuacct?.version === 1) {
    files.push(single(cpuacct, 'cpuacct.usage', u64('task_cpu_usage_seconds', nanoseconds)));
  }
  if (cpuacct?.version === 2) unified.push(['usage_usec', u64('task_cpu_usage_seconds', microseconds)]);
  if (cpu?.version === 1) files.push(keyed(cpu, 'cpu.stat', throttling('throttled_time', nanoseconds)));
  if (cpu?.version === 2) unified.push(...throttling('throttled_usec', microseconds));
  const hierarchy = cpuacct?.version === 2 ? cpuacct : cpu;
  if (hierarchy !== undefined && unified.length > 0) files.push(keyed(hierarchy, 'cpu.stat', unified));
  return files;
}

const memoryNumbers = {
  1: ['memory.usage_in_bytes', 'memory.max_usage_in_bytes', 'memory.limit_in_bytes', 'memory.soft_limit_in_bytes'],
  // memory.peak: 5.19.
  2: ['memory.current', 'memory.peak', 'memory.max', 'memory.high'],
} as const;

function memoryFiles(layout: CgroupLayout, numaNodeIds: readonly number[]): FileRow[] {
  const memory = layout.controller('memory');
  if (memory === undefined) return [];
  const { version } = memory;
  const [usage, peak, limit, softLimit] = memoryNumbers[version];
  const files = [
    single(memory, usage, u64('task_mem_usage_bytes')),
    single(memory, peak, u64('task_mem_max_usage_bytes')),
    single(memory, limit, u64('task_mem_limit_bytes'), limitDecoder),
    single(memory, softLimit, u64('task_mem_soft_limit_bytes'), limitDecoder),
    // v1: not `total_pgfault`; v2: counts the cgroups below too.
    keyed(memory, 'memory.stat', [['pgfault', u64('task_mem_page_faults')]]),
  ];
  if (numaNodeIds.length === 0) return files;
  const numaStat: FileRow = {
    hierarchy: memory,
    file: 'memory.numa_stat',
    costly: true,
    columns: numaNodeIds.map((id) => u64('task_mem_numa_pages', 1, { numa_node: `${id}` })),
    makeDecoder: (facts) =>
      version === 1
        ? new NumaStatV1Decoder(facts.numaNodeIds)
        : new NumaStatV2Decoder(facts.numaNodeIds, facts.pageSizeBytes),
  };
  return [...files, numaStat];
}

function psiFiles(layout: CgroupLayout): FileRow[] {
  const unified = layout.hierarchies.find(({ version }) => version === 2);
  if (unified === undefined || !layout.psi) return [];
  return ['cpu', 'memory', 'io'].map((resource) => ({
    hierarchy: unified,
    file: `${resource}.pressure`,
    costly: false,
    columns: psiKinds.flatMap((kind): Column[] => [
      { metric: 'task_psi_avg10_ratio', labels: { resource, kind }, kind: 'f64', divisor: 1 },
      u64('task_psi_stalled_seconds', microseconds, { resource, kind }),
    ]),
    makeDecoder: () => new PsiDecoder(),
  }));
}

/** Bytes of block devices. On v1 buffered writes are those of the root. */
function ioFiles(layout: CgroupLayout): FileRow[] {
  const io = layout.blockIo;
  if (io === undefined) return [];
  return [
    {
      hierarchy: io,
      file: io.version === 2 ? 'io.stat' : blkioBytesFile,
      costly: false,
      columns: [u64('task_io_read_bytes'), u64('task_io_written_bytes')],
      makeDecoder: () => new IoBytesDecoder(io.version),
    },
  ];
}

/** The files of a cgroup that a layout can have, in the order in which they are read and their columns stand. */
export function chooseFiles(layout: CgroupLayout, numaNodeIds: readonly number[]): readonly FileRow[] {
  return [...cpuFiles(layout), ...memoryFiles(layout, numaNodeIds), ...ioFiles(layout), ...psiFiles(layout)];
}

/** Columns of `CgroupFiles` on this layout, in the order of their slots. */
export function cgroupColumns(layout: CgroupLayout, numaNodeIds: readonly number[]): readonly Column[] {
  return chooseFiles(layout, numaNodeIds).flatMap(({ columns }) => columns);
}

/** The files of every cgroup of a host: made once, for it is the same for all of them. */
export interface FilePlan {
  readonly layout: CgroupLayout;
  readonly facts: DecoderFacts;
  /** By hierarchy, each file with the offset of its first column. */
  readonly parts: readonly FilePart[];
}

export interface FilePart {
  readonly hierarchy: Hierarchy;
  readonly rows: readonly { readonly row: FileRow; readonly offset: number }[];
}

export function planFiles(layout: CgroupLayout, facts: DecoderFacts): FilePlan {
  const parts = new Map<Hierarchy, { row: FileRow; offset: number }[]>();
  let offset = 0;
  for (const row of chooseFiles(layout, facts.numaNodeIds)) {
    const part = parts.get(row.hierarchy) ?? [];
    part.push({ row, offset });
    parts.set(row.hierarchy, part);
    offset += row.columns.length;
  }
  return { layout, facts, parts: [...parts].map(([hierarchy, rows]) => ({ hierarchy, rows })) };
}
