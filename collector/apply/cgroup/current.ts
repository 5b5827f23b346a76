import { sharesOfWeight } from '../../../shared/allocation/cpu-weight.ts';
import type { CurrentValue } from '../../../shared/allocation/values.ts';
import { ControlSession } from '../../kernel/cgroup/control-session.ts';
import { parseCpuMax, parseNumber } from '../../kernel/cgroup/control-text.ts';
import type { CgroupLayout } from '../../kernel/cgroup/layout.ts';
import type { AllocationTarget } from '../ports.ts';

/** Text of a control file of a cgroup; undefined where there is none. */
type ReadControl = (controller: string, path: string, file: string) => string | undefined;

/** What is in force of targets in their control files; for some milliseconds, what it opens stays open until `close`. */
export class CgroupCurrentPass {
  readonly #layout: CgroupLayout;
  readonly #session: ControlSession;
  /** Controllers whose hierarchy does not have the path. */
  readonly #absent = new Set<string>();

  constructor(layout: CgroupLayout) {
    this.#layout = layout;
    this.#session = new ControlSession(layout);
  }

  /** As far as the layout has it and it can be read. */
  read({ path, children }: AllocationTarget): readonly CurrentValue[] {
    const read: ReadControl = (controller, of, file) => this.#read(controller, of, file);
    const isV2 = (controller: string): boolean => this.#layout.controller(controller)?.version === 2;
    // v1: sets are the containers' (spec §2.4); they are alike, else the first one's stands for all.
    const setPath = isV2('cpuset') ? path : (children[0] ?? path);
    return [
      ...(isV2('cpu') ? cpuOfV2(path, read) : cpuOfV1(path, read)),
      ...idSets(setPath, isV2('cpuset'), read),
      // v1 has none of these files.
      ...(isV2('memory') ? memory(path, read) : []),
      ...(isV2('io') ? io(path, read) : []),
    ];
  }

  close(): void {
    this.#session.close();
  }

  #read(controller: string, path: string, file: string): string | undefined {
    const hierarchy = this.#layout.controller(controller);
    const key = `${controller} ${path}`;
    if (hierarchy === undefined || this.#absent.has(key)) return undefined;
    const directory = this.#session.directory(hierarchy, path);
    if (!directory.ok) {
      this.#absent.add(key);
      return undefined;
    }
    const inode = String(directory.value.inode);
    const text = this.#session.read({ hierarchy: hierarchy.name, path, inode, file });
    return text.ok ? text.value : undefined;
  }
}

function cpuOfV1(path: string, read: ReadControl): readonly CurrentValue[] {
  const [quota, period] = [read('cpu', path, 'cpu.cfs_quota_us'), read('cpu', path, 'cpu.cfs_period_us')];
  const [quotaUs, periodUs] = [parseNumber(quota ?? ''), parseNumber(period ?? '')];
  const shares = parseNumber(read('cpu', path, 'cpu.shares') ?? '');
  return [
    ...(quotaUs === undefined || periodUs === undefined
      ? []
      : [
          {
            value: { type: 'cpu_quota', quotaUs: quotaUs < 0 ? undefined : quotaUs, periodUs } as const,
            raw: `${quotaUs} ${periodUs}`,
          },
        ]),
    ...(shares === undefined
      ? []
      : [{ value: { type: 'cpu_shares', shares, conversion: 'kernel' } as const, raw: String(shares) }]),
    ...idle(path, read),
    ...burst(path, 'cpu.cfs_burst_us', read),
  ];
}

function cpuOfV2(path: string, read: ReadControl): readonly CurrentValue[] {
  const raw = read('cpu', path, 'cpu.max');
  const max = raw === undefined ? undefined : parseCpuMax(raw);
  const weight = parseNumber(read('cpu', path, 'cpu.weight') ?? '');
  return [
    ...(raw === undefined || max === undefined ? [] : [{ value: { type: 'cpu_quota', ...max } as const, raw }]),
    // 0 stands there while cpu.idle is on.
    ...(weight === undefined || weight === 0
      ? []
      : [
          {
            value: { type: 'cpu_shares', shares: sharesOfWeight(weight), conversion: 'kernel' } as const,
            raw: String(weight),
            weight,
          },
        ]),
    ...idle(path, read),
    ...burst(path, 'cpu.max.burst', read),
  ];
}

function idle(path: string, read: ReadControl): readonly CurrentValue[] {
  const raw = read('cpu', path, 'cpu.idle');
  return raw === undefined ? [] : [{ value: { type: 'cpu_idle', on: raw !== '0' }, raw }];
}

function burst(path: string, file: string, read: ReadControl): readonly CurrentValue[] {
  const raw = read('cpu', path, file);
  const burstUs = parseNumber(raw ?? '');
  return raw === undefined || burstUs === undefined ? [] : [{ value: { type: 'cpu_burst', burstUs }, raw }];
}

/** v2: what is effective, for an unpinned cgroup has an empty list. */
function idSets(path: string, isV2: boolean, read: ReadControl): readonly CurrentValue[] {
  const sets = [
    { type: 'cpuset_cpus', file: 'cpuset.cpus' },
    { type: 'cpuset_mems', file: 'cpuset.mems' },
  ] as const;
  const values: CurrentValue[] = sets.flatMap(({ type, file }) => {
    const ids = read('cpuset', path, isV2 ? `${file}.effective` : file);
    return ids === undefined ? [] : [{ value: { type, ids }, raw: ids }];
  });
  const migrate = isV2 ? undefined : read('cpuset', path, 'cpuset.memory_migrate');
  if (migrate !== undefined)
    values.push({ value: { type: 'cpuset_memory_migrate', on: migrate === '1' }, raw: migrate });
  return values;
}

function memory(path: string, read: ReadControl): readonly CurrentValue[] {
  const files = [
    { type: 'memory_high', file: 'memory.high' },
    { type: 'memory_low', file: 'memory.low' },
  ] as const;
  return files.flatMap(({ type, file }) => {
    const raw = read('memory', path, file);
    if (raw === undefined || (raw !== 'max' && parseNumber(raw) === undefined)) return [];
    return [{ value: { type, bytes: raw === 'max' ? undefined : Number(raw) }, raw }];
  });
}

function io(path: string, read: ReadControl): readonly CurrentValue[] {
  const raw = read('io', path, 'io.weight');
  const weight = parseNumber(raw ?? '');
  return raw === undefined || weight === undefined ? [] : [{ value: { type: 'io_weight', weight }, raw }];
}
