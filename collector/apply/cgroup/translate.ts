import { weightOfShares } from '../../../shared/allocation/cpu-weight.ts';
import type { AllocationType, AllocationValue } from '../../../shared/allocation/values.ts';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { formatCpuMax, parseNumber } from '../../kernel/cgroup/control-text.ts';
import type { Hierarchy } from '../../kernel/cgroup/layout.ts';
import type { KnobSession } from '../knob.ts';
import type { AllocationTarget } from '../ports.ts';
import { desire, type FileText, invalid, type Job, type Translated, type TranslateParts } from './desire.ts';
import type { CgroupSite } from './site.ts';
import { translateMemoryMigrate, translateSet } from './translate-cpuset.ts';

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
      return translateSet({ ...job, value }, 'cpuset.cpus', parts.readIds().cpus);
    case 'cpuset_mems':
      return translateSet({ ...job, value }, 'cpuset.mems', parts.readIds().nodes);
    case 'cpuset_memory_migrate':
      return translateMemoryMigrate({ ...job, value });
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
  const id = site.file(cpu, path, cpu.version === 2 ? 'cpu.max' : 'cpu.cfs_quota_us', session);
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
