import type { AllocationType } from '../../../shared/allocation/values.ts';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { parseCpuMax, parseNumber } from '../../kernel/cgroup/control-text.ts';
import type { KnobId } from '../knob.ts';
import type { DesiredKnob } from '../ports.ts';
import type { Present } from './order.ts';

const burstFiles = ['cpu.max.burst', 'cpu.cfs_burst_us'];
const quotaFiles = ['cpu.max', 'cpu.cfs_quota_us'];

export interface FoundConflict {
  readonly type: AllocationType;
  readonly error: WcaError;
}

/**
 * The kernel takes no burst above the quota of the same cgroup (Documentation/scheduler/sched-bwc.rst): what is wished
 * of one is compared with what is wished of the other, else with what is there. undefined: all fits.
 */
export function findBurstAboveQuota(
  desired: readonly DesiredKnob[],
  present: Pick<Present, 'read'>,
): FoundConflict | undefined {
  for (const knob of desired) {
    const { id } = knob;
    const isBurst = id.kind === 'cgroup' && burstFiles.includes(id.file);
    const isQuota = id.kind === 'cgroup' && quotaFiles.includes(id.file);
    if (!isBurst && !isQuota) continue;
    const burst = isBurst ? knob.text : textOf(siblingOf(id, burstFiles, quotaFiles), desired, present);
    const quota = isQuota ? knob.text : textOf(siblingOf(id, quotaFiles, burstFiles), desired, present);
    const burstUs = parseNumber(burst ?? '') ?? 0;
    const quotaUs = parseQuota(quota ?? '');
    if (quotaUs === undefined || burstUs <= quotaUs) continue;
    const what = isBurst
      ? `the burst of ${burstUs} µs is more than the quota of ${quotaUs} µs`
      : `the quota of ${quotaUs} µs is less than the burst of ${burstUs} µs that the cgroup has`;
    const remedy = 'allocate cpu_quota and cpu_burst together';
    const { type } = knob;
    return { type, error: new WcaError('INVALID_ARGUMENT', { subject: `${id.path} ${type}`, message: what, remedy }) };
  }
  return undefined;
}

type FileId = Extract<KnobId, { readonly kind: 'cgroup' }>;

/** The file of `wanted` on the same hierarchy: both lists have v2 first. */
function siblingOf(id: FileId, wanted: readonly string[], own: readonly string[]): FileId {
  return { ...id, file: wanted[own.indexOf(id.file)] ?? '' };
}

function textOf(id: FileId, desired: readonly DesiredKnob[], present: Pick<Present, 'read'>): string | undefined {
  const wished = desired.find(
    ({ id: other }) => other.kind === 'cgroup' && other.path === id.path && other.file === id.file,
  );
  return wished?.text ?? present.read(id);
}

/** undefined: unlimited, or nothing is known. */
function parseQuota(text: string): number | undefined {
  const limit = parseCpuMax(text)?.quotaUs ?? parseNumber(text);
  return limit === undefined || limit < 0 ? undefined : limit;
}
