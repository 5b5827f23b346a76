import { weightOfShares } from '../../shared/allocation/cpu-weight.ts';
import type { AllocationValue, CurrentValue } from '../../shared/allocation/values.ts';
import { hashedControlName, legacyControlName } from '../../shared/kernel-text/control-group-name.ts';
import { tryParseIdList } from '../../shared/kernel-text/list-format.ts';
import { parseSchemataLine } from '../../shared/kernel-text/schemata.ts';

/** Which of the wishes are not in force: those that have to be sent (spec allocation §3, W11). Pure. */
export function planChanges(
  wishes: readonly AllocationValue[],
  current: readonly CurrentValue[],
  options: {
    readonly isClose: (wish: AllocationValue, now: AllocationValue) => boolean;
    /** Of the task: what its own control group is named after. */
    readonly cgroupPath: string;
  },
): readonly AllocationValue[] {
  return wishes.filter((wish) => {
    const now = current.find(({ value }) => value.type === wish.type);
    return now === undefined || !(isInForce(wish, now, options.cgroupPath) || options.isClose(wish, now.value));
  });
}

/** Compares what would be written with what is there. */
export function isInForce(
  wish: AllocationValue,
  { value: now, weight, progress }: CurrentValue,
  cgroupPath: string,
): boolean {
  switch (wish.type) {
    case 'cpu_quota':
      // The period of an unlimited task says nothing.
      return (
        now.type === wish.type &&
        now.quotaUs === wish.quotaUs &&
        (wish.quotaUs === undefined || now.periodUs === wish.periodUs)
      );
    case 'cpu_shares':
      if (now.type !== wish.type) return false;
      return weight === undefined
        ? now.shares === wish.shares
        : weight === weightOfShares(wish.shares, wish.conversion);
    case 'cpuset_cpus':
    case 'cpuset_mems':
      return now.type === wish.type && sameIds(now.ids, wish.ids);
    case 'cpuset_memory_migrate':
    case 'cpu_idle':
      return now.type === wish.type && now.on === wish.on;
    case 'cpu_burst':
      return now.type === wish.type && now.burstUs === wish.burstUs;
    case 'memory_high':
    case 'memory_low':
      // The kernel rounds down to pages.
      return now.type === wish.type && samePages(now.bytes, wish.bytes);
    case 'io_weight':
      return now.type === wish.type && now.weight === wish.weight;
    case 'migrate_pages':
      return now.type === wish.type && now.node === wish.node && progress?.running === true;
    case 'rdt':
      return now.type === wish.type && isSameRdt(wish, now, cgroupPath);
  }
}

function sameIds(a: string, b: string): boolean {
  return a === b || tryParseIdList(a)?.join() === tryParseIdList(b)?.join();
}

function samePages(now: number | undefined, wish: number | undefined): boolean {
  if (now === undefined || wish === undefined) return now === wish;
  return now <= wish && wish - now < 65_536;
}

type Rdt = Extract<AllocationValue, { readonly type: 'rdt' }>;

/** The group by name (a task's own one has one of two), lines by the value of each domain. */
function isSameRdt(wish: Rdt, now: Rdt, cgroupPath: string): boolean {
  const names =
    wish.group === undefined ? [legacyControlName(cgroupPath), hashedControlName(cgroupPath)] : [wish.group];
  if (now.group === undefined || !names.includes(now.group)) return false;
  return wish.lines.every((line) => {
    const wanted = tryLine(line);
    const found = now.lines.map(tryLine).find((one) => one?.resource === wanted?.resource);
    if (wanted === undefined || found === undefined) return false;
    return [...wanted.domains].every(([id, text]) => sameNumber(found.domains.get(id), text, wanted.resource));
  });
}

function sameNumber(a: string | undefined, b: string, resource: string): boolean {
  const radix = resource === 'MB' || resource === 'SMBA' ? 10 : 16;
  return a !== undefined && Number.parseInt(a, radix) === Number.parseInt(b, radix);
}

function tryLine(line: string): ReturnType<typeof parseSchemataLine> | undefined {
  try {
    return parseSchemataLine(line);
  } catch {
    return undefined;
  }
}

/** The original's closeness (spec allocation §2.0, Appendix A): an absolute tolerance in normalised units. */
export function isWithinTolerance(a: number, b: number, tolerance: number): boolean {
  return a === b || Math.abs(a - b) <= Math.max(1e-9 * Math.max(Math.abs(a), Math.abs(b)), tolerance);
}
