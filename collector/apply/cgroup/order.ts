import { formatIdList, tryParseIdList } from '../../../shared/kernel-text/list-format.ts';
import { parseCpuMax, parseNumber } from '../../kernel/cgroup/control-text.ts';
import type { KnobId } from '../knob.ts';
import type { DesiredKnob, PlannedWrite } from '../ports.ts';

type FileKnob = DesiredKnob & { readonly id: Extract<KnobId, { readonly kind: 'cgroup' }> };

export interface Present {
  /** Canonical text of a knob now; undefined where it cannot be read (a file that is still to come). */
  read(id: KnobId): string | undefined;
  isSame(id: KnobId, a: string, b: string): boolean;
}

const migrate = ['cpuset.memory_migrate'];
const mems = ['cpuset.mems'];
const cpus = ['cpuset.cpus'];
const bandwidthV1 = ['cpu.cfs_quota_us', 'cpu.cfs_period_us', 'cpu.cfs_burst_us'];
const bandwidthV2 = ['cpu.max', 'cpu.max.burst'];
/** The order of others does not matter. */
const ordered = [...migrate, ...mems, ...cpus, ...bandwidthV1, ...bandwidthV2];

/**
 * The writes that bring control files from what they are to what is desired, in an order in which the kernel accepts
 * each: a child may never have more than its parent (v1), a burst not more than the quota. Pure but for `present`.
 */
export function orderCgroupWrites(desired: readonly DesiredKnob[], present: Present): readonly PlannedWrite[] {
  const files = desired.filter(isFile);
  const of = (names: readonly string[]): readonly FileKnob[] => files.filter(({ id }) => names.includes(id.file));
  return [
    ...orderControllers(desired, 'on', present),
    // Pages follow a change of the nodes only when that was said before.
    ...changed(of(migrate), present),
    ...orderSets(of(mems), present),
    ...orderSets(of(cpus), present),
    ...changed(
      files.filter(({ id }) => !ordered.includes(id.file)),
      present,
    ),
    ...orderBandwidthV1(of(bandwidthV1), present),
    ...orderBandwidthV2(of(bandwidthV2), present),
    ...orderControllers(desired, 'off', present),
  ];
}

function isFile(knob: DesiredKnob): knob is FileKnob {
  return knob.id.kind === 'cgroup';
}

function changed<T extends DesiredKnob>(desired: readonly T[], present: Present): readonly T[] {
  return desired.filter(({ id, text }) => {
    const now = present.read(id);
    return now === undefined || !present.isSame(id, now, text);
  });
}

/** Handed down from the root; taken back from the leaves. */
function orderControllers(
  desired: readonly DesiredKnob[],
  text: 'on' | 'off',
  present: Present,
): readonly PlannedWrite[] {
  const wanted = desired.filter(({ id, text: wish }) => id.kind === 'controller' && wish === text);
  if (wanted.length === 0) return [];
  const sign = text === 'on' ? 1 : -1;
  return changed(wanted, present).toSorted((a, b) => sign * (depthOf(a.id) - depthOf(b.id)));
}

function depthOf(id: KnobId): number {
  return 'path' in id ? (id.path === '/' ? 0 : id.path.split('/').length) : 0;
}

/** Of a v1 tree or a single v2 cgroup: widened from the top to old and new together, then final from the leaves up. */
function orderSets(desired: readonly FileKnob[], present: Present): readonly PlannedWrite[] {
  if (desired.length < 2) return changed(desired, present);
  const topDown = desired.toSorted((a, b) => depthOf(a.id) - depthOf(b.id));
  const texts = new Map(topDown.map((knob) => [knob, present.read(knob.id)]));
  const writes: PlannedWrite[] = [];
  for (const knob of topDown) {
    const now = texts.get(knob) ?? '';
    const hasBelow = topDown.some(({ id }) => id.path.startsWith(`${knob.id.path}/`));
    const union = unionOf(now, knob.text);
    if (!hasBelow || union === now || now === '') continue;
    writes.push({ ...knob, text: union });
    texts.set(knob, union);
  }
  for (const knob of topDown.filter((one) => texts.get(one) === '' && one.text !== '')) {
    // An empty one gives its children nothing: it gets its ids before them.
    writes.push(knob);
    texts.set(knob, knob.text);
  }
  for (const knob of topDown.toReversed()) {
    const now = texts.get(knob);
    if (now === undefined || now !== knob.text) writes.push(knob);
  }
  return writes;
}

function unionOf(a: string, b: string): string {
  return formatIdList([...(tryParseIdList(a) ?? []), ...(tryParseIdList(b) ?? [])]);
}

/** The three files of one cgroup. */
interface Bandwidth {
  readonly depth: number;
  readonly path: string;
  readonly quota: FileKnob | undefined;
  readonly period: FileKnob | undefined;
  readonly burst: FileKnob | undefined;
}

const unlimited = '-1';

/**
 * v1: a cgroup's quota to period may not exceed its parent's. What changes its period, or is below what is tightened or
 * may be in the way, is lifted first, from the leaves; then from the top each gets its period and quota.
 */
function orderBandwidthV1(desired: readonly FileKnob[], present: Present): readonly PlannedWrite[] {
  if (desired.length === 0) return [];
  const cgroups = groupByPath(desired).toSorted((a, b) => a.depth - b.depth);
  const writes: PlannedWrite[] = [];
  const quotas = new Map<string, string>();
  for (const { path, quota } of cgroups) quotas.set(path, (quota && present.read(quota.id)) ?? unlimited);
  const mustChange = cgroups.filter((cgroup) => differs(cgroup.quota, present) || differs(cgroup.period, present));
  for (const cgroup of cgroups.toReversed()) {
    const { quota, period, path } = cgroup;
    const isBelowChange = mustChange.some((other) => path.startsWith(`${other.path}/`));
    const isLifted = differs(period, present) || isBelowChange;
    if (quota === undefined || !isLifted || quotas.get(path) === unlimited) continue;
    writes.push({ ...quota, text: unlimited });
    quotas.set(path, unlimited);
  }
  for (const { path, quota, period, burst } of cgroups) {
    const nowBurst = burst === undefined ? undefined : present.read(burst.id);
    const lowers = burst !== undefined && nowBurst !== undefined && Number(burst.text) < Number(nowBurst);
    if (burst !== undefined && lowers) writes.push(burst);
    if (period !== undefined && differs(period, present)) writes.push(period);
    if (quota !== undefined && quotas.get(path) !== quota.text) writes.push(quota);
    if (burst !== undefined && !lowers && differs(burst, present)) writes.push(burst);
  }
  return writes;
}

function groupByPath(desired: readonly FileKnob[]): readonly Bandwidth[] {
  const paths = [...new Set(desired.map(({ id }) => id.path))];
  return paths.map((path) => {
    const find = (file: string): FileKnob | undefined => desired.find(({ id }) => id.path === path && id.file === file);
    return {
      path,
      depth: path.split('/').length,
      quota: find('cpu.cfs_quota_us'),
      period: find('cpu.cfs_period_us'),
      burst: find('cpu.cfs_burst_us'),
    };
  });
}

function differs(knob: FileKnob | undefined, present: Present): boolean {
  return knob !== undefined && changed([knob], present).length > 0;
}

/** v2: quota and period in one write; no rule between parent and child. */
function orderBandwidthV2(desired: readonly FileKnob[], present: Present): readonly PlannedWrite[] {
  if (desired.length === 0) return [];
  const writes: PlannedWrite[] = [];
  const late: PlannedWrite[] = [];
  for (const knob of changed(desired, present)) {
    if (knob.id.file === 'cpu.max') continue;
    const now = parseNumber(present.read(knob.id) ?? '');
    if (now !== undefined && Number(knob.text) < now) writes.push(knob);
    else late.push(knob);
  }
  const limits = changed(
    desired.filter(({ id }) => id.file === 'cpu.max'),
    present,
  ).filter(({ text }) => parseCpuMax(text) !== undefined);
  return [...writes, ...limits, ...late];
}
