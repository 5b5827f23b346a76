import type { Row } from '../../collector/kernel/row.ts';
import type { CgroupHost, CountersReader, EventList, FilesReader } from '../../collector/watch/ports.ts';
import { type Reading, WcaError } from '../../shared/errors/wca-error.ts';
import type { Column } from '../../shared/rpc/watch-messages.ts';

/** A cgroup in memory: values by metric; undefined is absent. */
export interface FakeCgroup {
  readonly generation: bigint;
  readonly files: Map<string, bigint | number>;
  readonly counters: Map<string, bigint>;
  readonly problems: WcaError[];
  /** Those of its counters. */
  readonly counterProblems: WcaError[];
  alive: boolean;
}

/** A host of cgroups in memory that counts what is opened, read and closed. */
export class FakeHost implements CgroupHost {
  readonly counterProblem = undefined;
  readonly columns: readonly Column[] = [
    { metric: 'task_cpu_usage_seconds', labels: {}, kind: 'u64', divisor: 1e9 },
    { metric: 'task_mem_usage_bytes', labels: {}, kind: 'u64', divisor: 1 },
    { metric: 'task_mem_limit_bytes', labels: {}, kind: 'u64', divisor: 1 },
    { metric: 'task_psi_avg10_ratio', labels: { resource: 'cpu', kind: 'some' }, kind: 'f64', divisor: 1 },
    { metric: 'task_mem_max_usage_bytes', labels: {}, kind: 'u64', divisor: 1 },
  ];
  readonly cgroups = new Map<string, FakeCgroup>();
  /** What was done, in order: `open /a`, `read /a`, `read costly /a`, `close /a`, the same with `counters`. */
  readonly log: string[] = [];
  unavailable: WcaError[] = [];
  #inode = 1_000n;

  /** Makes (or makes again) a cgroup. */
  add(
    path: string,
    files: Readonly<Record<string, bigint | number>> = {},
    counters: Readonly<Record<string, bigint>> = {},
  ) {
    this.#inode += 1n;
    const cgroup: FakeCgroup = {
      generation: this.#inode,
      files: new Map(Object.entries(files)),
      counters: new Map(Object.entries(counters)),
      problems: [],
      counterProblems: [],
      alive: true,
    };
    const before = this.cgroups.get(path);
    if (before !== undefined) before.alive = false;
    this.cgroups.set(path, cgroup);
    return cgroup;
  }

  remove(path: string): void {
    const cgroup = this.cgroups.get(path);
    if (cgroup !== undefined) cgroup.alive = false;
    this.cgroups.delete(path);
  }

  /** Entries of the log that begin like this, which are then forgotten. */
  take(prefix: string): string[] {
    const taken = this.log.filter((entry) => entry.startsWith(prefix));
    this.log.length = 0;
    return taken;
  }

  parseEvents(names: readonly string[], perCpu: boolean): EventList {
    return { events: names, perCpu };
  }

  unknownEvents(): readonly WcaError[] {
    return [];
  }

  descriptorsOf(events: number): number {
    return 12 + 2 * events;
  }

  counterNotes(): readonly WcaError[] {
    return [];
  }

  counterColumns(list: EventList): readonly Column[] {
    return list.events.map((metric) => ({ metric, labels: {}, kind: 'u64', divisor: 1 }));
  }

  openFiles(path: string): Reading<FilesReader> {
    this.log.push(`open ${path}`);
    const cgroup = this.cgroups.get(path);
    if (cgroup === undefined) return { ok: false, error: gone(path) };
    const { log, columns } = this;
    return {
      ok: true,
      value: {
        generation: cgroup.generation,
        problems: cgroup.problems,
        readInto(row: Row, at: number, costly: boolean) {
          if (!cgroup.alive) return 'gone';
          log.push(`read ${costly ? 'costly ' : ''}${path}`);
          columns.forEach(({ metric, kind }, i) => {
            writeValue(row, at + i, { value: cgroup.files.get(metric), kind });
          });
          return 'measured';
        },
        close: () => log.push(`close ${path}`),
      },
    };
  }

  openCounters(path: string, list: EventList): Reading<CountersReader> {
    this.log.push(`open counters ${path} ${list.events.join(',')}`);
    const cgroup = this.cgroups.get(path);
    if (cgroup === undefined) return { ok: false, error: gone(path) };
    const { log } = this;
    return {
      ok: true,
      value: {
        unavailable: this.unavailable,
        problems: cgroup.counterProblems,
        readInto(row: Row, at: number) {
          log.push(`read counters ${path}`);
          list.events.forEach((event, i) => {
            writeValue(row, at + i, { value: cgroup.counters.get(event), kind: 'u64' });
          });
        },
        setOnlineCpus: (cpus) => log.push(`cpus ${cpus.join(',')} ${path}`),
        close: () => log.push(`close counters ${path}`),
      },
    };
  }
}

function gone(path: string): WcaError {
  return new WcaError('CGROUP_GONE', { subject: path, message: 'no such cgroup' });
}

function writeValue(
  row: Row,
  i: number,
  { value, kind }: { readonly value: bigint | number | undefined; readonly kind: Column['kind'] },
): void {
  if (value === undefined) row.clear(i, 1);
  else if (kind === 'f64') row.setDouble(i, Number(value));
  else row.setWords(i, Number(BigInt(value) & 0xffff_ffffn), Number(BigInt(value) >> 32n));
}
