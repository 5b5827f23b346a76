import { weightOfShares } from '../../../shared/allocation/cpu-weight.ts';
import type { AllocationType, AllocationValue, ValueOf } from '../../../shared/allocation/values.ts';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { formatIdList, tryParseIdList } from '../../../shared/kernel-text/list-format.ts';
import { formatCpuMax, parseNumber } from '../../kernel/cgroup/control-text.ts';
import type { Hierarchy } from '../../kernel/cgroup/layout.ts';
import type { KnobSession } from '../knob.ts';
import type { AllocationTarget, DesiredKnob } from '../ports.ts';
import type { CgroupSite } from './site.ts';
import type { UnitWriter } from './unit-writer.ts';

/** What the host has, as of now. */
export interface HostIds {
  /** Online CPUs, ascending. */
  readonly cpus: readonly number[];
  /** Nodes with memory, ascending. */
  readonly nodes: readonly number[];
}

export interface TranslateParts {
  readonly site: CgroupSite;
  readonly units: UnitWriter | undefined;
  readonly readIds: () => HostIds;
  readonly pageSizeBytes: number;
  /** `6.1.0-18-amd64`. */
  readonly kernel: string;
}

/** A wish on its way to knobs. */
interface Job<T extends AllocationType> {
  readonly target: AllocationTarget;
  readonly value: ValueOf<T>;
  readonly session: KnobSession;
  readonly parts: TranslateParts;
}

type Translated = Reading<readonly DesiredKnob[]>;

/** The knobs of a wish. INVALID_ARGUMENT that names the rule, FEATURE_ABSENT, CGROUP_GONE. */
export function translateCgroupValue(
  target: AllocationTarget,
  value: AllocationValue,
  session: KnobSession,
  parts: TranslateParts,
): Translated {
  const job = { target, session, parts };
  switch (value.type) {
    case 'cpu_quota':
      return quota({ ...job, value });
    case 'cpu_burst':
      return burst({ ...job, value });
    case 'cpu_shares':
      return shares({ ...job, value });
    case 'cpu_idle':
      return single(job, { type: 'cpu_idle', controller: 'cpu', file: 'cpu.idle', text: value.on ? '1' : '0' });
    case 'cpuset_cpus':
      return cpuset({ ...job, value }, 'cpuset.cpus', parts.readIds().cpus);
    case 'cpuset_mems':
      return cpuset({ ...job, value }, 'cpuset.mems', parts.readIds().nodes);
    case 'cpuset_memory_migrate':
      return memoryMigrate({ ...job, value });
    case 'memory_high':
    case 'memory_low':
      return memoryBound({ ...job, value });
    case 'io_weight':
      return ioWeight({ ...job, value });
    default:
      return invalid(target, value.type, 'is not of cgroups');
  }
}

function quota({ target, value, session, parts }: Job<'cpu_quota'>): Translated {
  const { periodUs } = value;
  const { site, units } = parts;
  if (periodUs < 1000 || periodUs > 1_000_000) {
    return invalid(target, value.type, `the period must be 1000 to 1000000 µs, got ${periodUs}`);
  }
  if (value.quotaUs !== undefined && value.quotaUs < 1000) {
    return invalid(target, value.type, `the quota must be at least 1000 µs, got ${value.quotaUs}`);
  }
  const cpu = site.hierarchy('cpu');
  if (!cpu.ok) return cpu;
  const unit = units?.unitOf(cpu.value.name, target.path);
  const wished = value.quotaUs;
  // A quota that systemd cannot say would be another one after its next reload.
  const quotaUs = wished === undefined || unit === undefined ? wished : units?.lastingQuotaUs(wished, periodUs);
  const of = (path: string, limitUs: number | undefined): readonly FileText[] =>
    cpu.value.version === 2
      ? [{ path, file: 'cpu.max', text: formatCpuMax(limitUs, periodUs) }]
      : [
          { path, file: 'cpu.cfs_period_us', text: String(periodUs) },
          { path, file: 'cpu.cfs_quota_us', text: String(limitUs ?? -1) },
        ];
  // The limit is the pod's: its containers share it (spec §2.2).
  const texts = [...of(target.path, quotaUs), ...target.children.flatMap((path) => of(path, undefined))];
  return desire({ type: value.type, hierarchy: cpu.value, controller: 'cpu', texts, target, session, site });
}

function burst({ target, value, session, parts: { site } }: Job<'cpu_burst'>): Translated {
  const cpu = site.hierarchy('cpu');
  if (!cpu.ok) return cpu;
  const file = cpu.value.version === 2 ? 'cpu.max.burst' : 'cpu.cfs_burst_us';
  const texts = [{ path: target.path, file, text: String(value.burstUs) }];
  for (const path of target.children) {
    const limitUs = limitOf(cpu.value, path, session, site);
    if (limitUs !== undefined) texts.push({ path, file, text: String(Math.min(value.burstUs, limitUs)) });
  }
  return desire({ type: value.type, hierarchy: cpu.value, controller: 'cpu', texts, target, session, site });
}

/** The quota of a cgroup in µs; undefined where it has none. */
function limitOf(cpu: Hierarchy, path: string, session: KnobSession, site: CgroupSite): number | undefined {
  const id = site.file(cpu, path, cpu.version === 2 ? 'cpu.max' : 'cpu.cfs_quota_us');
  const text = id.ok ? session.read(id.value) : id;
  const limit = text.ok ? parseNumber(text.value.split(' ', 1)[0] ?? '') : undefined;
  return limit === undefined || limit < 0 ? undefined : limit;
}

function shares({ target, value, session, parts: { site } }: Job<'cpu_shares'>): Translated {
  if (value.shares < 2 || value.shares > 262_144) {
    return invalid(target, value.type, `must be 2 to 262144 shares, got ${value.shares}`);
  }
  const cpu = site.hierarchy('cpu');
  if (!cpu.ok) return cpu;
  const isV2 = cpu.value.version === 2;
  const file = isV2 ? 'cpu.weight' : 'cpu.shares';
  const text = String(isV2 ? weightOfShares(value.shares, value.conversion) : value.shares);
  return single({ target, session, parts: { site } }, { type: value.type, controller: 'cpu', file, text });
}

function cpuset(
  { target, value, session, parts: { site } }: Job<'cpuset_cpus' | 'cpuset_mems'>,
  file: 'cpuset.cpus' | 'cpuset.mems',
  present: readonly number[],
): Translated {
  const ids = tryParseIdList(value.ids);
  const what = file === 'cpuset.cpus' ? 'online CPUs' : 'nodes with memory';
  if (ids === undefined)
    return invalid(target, value.type, `${JSON.stringify(value.ids)} is no list of ids`, 'such as 0-3,6');
  if (ids.length === 0)
    return invalid(target, value.type, 'the list is empty', `choose from the ${what}: ${formatIdList(present)}`);
  const absent = ids.filter((id) => !present.includes(id));
  if (absent.length > 0) {
    return invalid(
      target,
      value.type,
      `${formatIdList(absent)} are not among the ${what}`,
      `there are ${formatIdList(present)}`,
    );
  }
  const set = site.hierarchy('cpuset');
  if (!set.ok) return set;
  const refused = beyondParent({ target, value, ids, file, hierarchy: set.value, session, site });
  if (refused !== undefined) return refused;
  const paths = set.value.version === 2 ? [target.path] : treeOf(target, set.value, site);
  const texts = paths.map((path) => ({ path, file, text: formatIdList(ids) }));
  return desire({ type: value.type, hierarchy: set.value, controller: 'cpuset', texts, target, session, site });
}

/** v1: containers where there are any (spec §2.4), and whatever is below, which may not have more. */
function treeOf({ path, children }: AllocationTarget, hierarchy: Hierarchy, site: CgroupSite): readonly string[] {
  const tops = children.length === 0 ? [path] : children;
  return [...new Set(tops.flatMap((top) => site.withBelow(hierarchy, top)))];
}

interface SetCheck {
  readonly target: AllocationTarget;
  readonly value: ValueOf<'cpuset_cpus' | 'cpuset_mems'>;
  readonly ids: readonly number[];
  readonly file: 'cpuset.cpus' | 'cpuset.mems';
  readonly hierarchy: Hierarchy;
  readonly session: KnobSession;
  readonly site: CgroupSite;
}

/** What the cgroups above allow: all ids on v1, at least one on v2. */
function beyondParent({ target, value, ids, file, hierarchy, session, site }: SetCheck): Translated | undefined {
  const isV2 = hierarchy.version === 2;
  const inner = !isV2 && target.children[0] !== undefined ? target.children[0] : target.path;
  const parent = inner.slice(0, inner.lastIndexOf('/')) || '/';
  const id = site.file(hierarchy, parent, isV2 ? `${file}.effective` : file);
  const found = id.ok ? session.read(id.value) : id;
  const allowed = found.ok ? tryParseIdList(found.value) : undefined;
  if (allowed === undefined) return undefined;
  const outside = ids.filter((one) => !allowed.includes(one));
  if (outside.length === 0 || (isV2 && outside.length < ids.length)) return undefined;
  const message = `${formatIdList(outside)} are not within what ${parent} has (${formatIdList(allowed) || 'nothing'})`;
  return invalid(target, value.type, message, `widen ${file} of the cgroups above first`);
}

function memoryMigrate({
  target,
  value,
  session,
  parts: { site, kernel },
}: Job<'cpuset_memory_migrate' | 'cpu_idle'>): Translated {
  const set = site.hierarchy('cpuset');
  if (!set.ok) return set;
  if (set.value.version === 1) {
    const text = value.on ? '1' : '0';
    const texts = treeOf(target, set.value, site).map((path) => ({ path, file: 'cpuset.memory_migrate', text }));
    return desire({ type: value.type, hierarchy: set.value, controller: 'cpuset', texts, target, session, site });
  }
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  const migrates = major > 5 || (major === 5 && minor >= 15);
  if (migrates === value.on) return { ok: true, value: [] };
  const rule = migrates ? 'pages always follow cpuset_mems' : 'pages never follow cpuset_mems before Linux 5.15';
  return invalid(target, value.type, `on cgroup v2 ${rule}`, 'leave it out');
}

function memoryBound({
  target,
  value,
  session,
  parts: { site, pageSizeBytes },
}: Job<'memory_high' | 'memory_low'>): Translated {
  const memory = site.hierarchy('memory');
  if (!memory.ok) return memory;
  const file = value.type === 'memory_high' ? 'memory.high' : 'memory.low';
  if (memory.value.version === 1) {
    const message = `cgroup v1 has no ${file}`;
    const remedy = 'boot with systemd.unified_cgroup_hierarchy=1';
    return {
      ok: false,
      error: new WcaError('FEATURE_ABSENT', { subject: `${target.path} ${value.type}`, message, remedy }),
    };
  }
  // The kernel counts pages and says what it took.
  const text = value.bytes === undefined ? 'max' : String(Math.floor(value.bytes / pageSizeBytes) * pageSizeBytes);
  return single({ target, session, parts: { site } }, { type: value.type, controller: 'memory', file, text });
}

function ioWeight({ target, value, session, parts: { site } }: Job<'io_weight'>): Translated {
  if (value.weight < 1 || value.weight > 10_000) {
    return invalid(target, value.type, `must be 1 to 10000, got ${value.weight}`);
  }
  const io = site.hierarchy('io');
  if (!io.ok) {
    const message = 'io_weight needs the controller io of cgroup v2';
    return { ok: false, error: new WcaError('FEATURE_ABSENT', { subject: `${target.path} ${value.type}`, message }) };
  }
  const wish = { type: value.type, controller: 'io', file: 'io.weight', text: String(value.weight) } as const;
  return single({ target, session, parts: { site } }, wish);
}

interface FileText {
  readonly path: string;
  readonly file: string;
  readonly text: string;
}

/** One file of the target's own cgroup. */
function single(
  {
    target,
    session,
    parts: { site },
  }: { target: AllocationTarget; session: KnobSession; parts: Pick<TranslateParts, 'site'> },
  { type, controller, file, text }: { type: AllocationType; controller: string; file: string; text: string },
): Translated {
  const hierarchy = site.hierarchy(controller);
  if (!hierarchy.ok) return hierarchy;
  const texts = [{ path: target.path, file, text }];
  return desire({ type, hierarchy: hierarchy.value, controller, texts, target, session, site });
}

interface Desire {
  readonly type: AllocationType;
  readonly hierarchy: Hierarchy;
  readonly controller: string;
  readonly texts: readonly FileText[];
  readonly target: AllocationTarget;
  readonly session: KnobSession;
  readonly site: CgroupSite;
}

/** The files as knobs, after the controllers that bring them. A container that ended meanwhile is left out. */
function desire({ type, hierarchy, controller, texts, target, session, site }: Desire): Translated {
  const controllers = new Map<string, DesiredKnob>();
  const files: DesiredKnob[] = [];
  for (const { path, file, text } of texts) {
    const id = site.file(hierarchy, path, file);
    if (!id.ok && path !== target.path && id.error.code === 'CGROUP_GONE') continue;
    if (!id.ok) return id;
    const found = session.read(id.value);
    if (!found.ok && found.error.code === 'FEATURE_ABSENT') {
      const missing = site.missingControllers(type, { hierarchy, path }, controller, session);
      if (!missing.ok) return missing;
      for (const knob of missing.value) controllers.set(JSON.stringify(knob.id), knob);
      const isManaged = missing.value.length === 0 && hierarchy.version === 1;
      if (isManaged) return found;
    } else if (!found.ok && path === target.path) return found;
    files.push({ type, id: id.value, text });
  }
  return { ok: true, value: [...controllers.values(), ...files] };
}

function invalid(target: AllocationTarget, type: AllocationType, message: string, remedy?: string): Translated {
  const subject = `${target.path} ${type}`;
  return {
    ok: false,
    error: new WcaError('INVALID_ARGUMENT', { subject, message, ...(remedy === undefined ? {} : { remedy }) }),
  };
}
