import type { ValueOf } from '../../../shared/allocation/values.ts';
import { formatIdList, tryParseIdList } from '../../../shared/kernel-text/list-format.ts';
import type { Hierarchy } from '../../kernel/cgroup/layout.ts';
import type { KnobSession } from '../knob.ts';
import type { AllocationTarget } from '../ports.ts';
import { desire, invalid, type Job, type Translated } from './desire.ts';
import type { CgroupSite } from './site.ts';

/** CPUs or nodes that a target may use. */
export function translateSet(
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
  const id = site.file(hierarchy, parent, isV2 ? `${file}.effective` : file, session);
  const found = id.ok ? session.read(id.value) : id;
  const allowed = found.ok ? tryParseIdList(found.value) : undefined;
  if (allowed === undefined) return undefined;
  const outside = ids.filter((one) => !allowed.includes(one));
  if (outside.length === 0 || (isV2 && outside.length < ids.length)) return undefined;
  const message = `${formatIdList(outside)} are not within what ${parent} has (${formatIdList(allowed) || 'nothing'})`;
  return invalid(target, value.type, message, `widen ${file} of the cgroups above first`);
}

/** Whether pages follow a change of the nodes. */
export function translateMemoryMigrate({
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
