import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { parseSchemata } from '../../../shared/kernel-text/schemata.ts';
import { thrownErrno } from '../errno.ts';
import { readKernelText } from '../kernel-file.ts';
import type { KernelRoots } from '../roots.ts';
import { Scratch } from '../scratch.ts';
import { readDomainIds } from './mon-data.ts';
import { type ResctrlMount, readResctrlMount } from './mount.ts';

/** A cache whose ways can be divided: `info/L3`, `info/L3CODE`, `info/L2`, ... */
export interface CacheControl {
  readonly resource: string;
  readonly numClosids: number;
  /** One bit a portion: 0x7ff. */
  readonly cbmMask: bigint;
  readonly minCbmBits: number;
  /** Masks may have gaps between their bits: `info/L3/sparse_masks` (6.7). */
  readonly allowsGaps: boolean;
  /** Ids of its domains as in the root's schemata, ascending; may have gaps. */
  readonly domains: readonly number[];
}

/** What numbers of a bandwidth are: per cent of it, MB/s (mount option mba_MBps), or AMD's eighths of GB/s. */
export type BandwidthUnit = 'percent' | 'MBps' | 'eighth_GBps';

/** A bandwidth that can be throttled: `info/MB`, `info/SMBA`. */
export interface BandwidthControl {
  readonly resource: string;
  readonly numClosids: number;
  readonly unit: BandwidthUnit;
  /** Values are rounded up to a multiple of it. */
  readonly granularity: number;
  readonly minimum: number;
  /** What means unlimited. */
  readonly maximum: number;
  readonly domains: readonly number[];
}

/** `info/L3_MON`. */
export interface Monitoring {
  /** `llc_occupancy`, `mbm_total_bytes`, `mbm_local_bytes` and what a newer kernel may add. */
  readonly features: readonly string[];
  /** RMIDs of the machine: bound of all control and monitoring groups together, the root included. */
  readonly numRmids: number;
  /** A freed RMID is used again when its occupancy has fallen below this. */
  readonly maxThresholdOccupancyBytes: number | undefined;
  /** Ids of the L3 domains that are there now, ascending; may have gaps. */
  readonly domains: readonly number[];
}

/** What resctrl offers on this machine. */
export interface RdtInfo {
  readonly mount: ResctrlMount;
  readonly caches: readonly CacheControl[];
  readonly bandwidths: readonly BandwidthControl[];
  /** Control groups that can exist, the root included: the smallest of all resources; undefined without control. */
  readonly numClosids: number | undefined;
  /** undefined: a system that only controls. */
  readonly monitoring: Monitoring | undefined;
}

/** Text of a file below `info/`; undefined where there is none. */
type ReadInfo = (name: string) => string | undefined;

/**
 * Reads what resctrl tells of itself. FEATURE_ABSENT where it is not mounted, PERMISSION where it cannot be read. The
 * vendor of the CPU decides the unit of bandwidths, which the kernel does not tell.
 */
export function readRdtInfo(roots: KernelRoots, vendor?: string): Reading<RdtInfo> {
  const mount = readResctrlMount(roots);
  if (!mount.ok) return mount;
  const { mountPoint } = mount.value;
  const scratch = new Scratch();
  const read = (path: string): string | undefined => {
    const text = readKernelText(join(mountPoint, path), scratch);
    return text.ok ? text.value.trim() : undefined;
  };
  let names: string[];
  try {
    names = readdirSync(join(mountPoint, 'info')).sort();
  } catch (thrown) {
    return { ok: false, error: unreadable(mountPoint, thrownErrno(thrown)) };
  }
  const lines = new Map(parseSchemata(read('schemata') ?? '').map((line) => [line.resource, line.domains]));
  const caches: CacheControl[] = [];
  const bandwidths: BandwidthControl[] = [];
  for (const name of names) {
    const readInfo: ReadInfo = (file) => read(join('info', name, file));
    const values = lines.get(name) ?? new Map<number, string>();
    const found = { resource: name, domains: [...values.keys()].sort(ascending) };
    const cache = parseCache(readInfo);
    if (cache !== undefined) caches.push({ ...found, ...cache });
    const bandwidth = parseBandwidth(readInfo);
    if (bandwidth === undefined) continue;
    const unit = chooseUnit(name, mount.value.options, vendor);
    bandwidths.push({ ...found, ...bandwidth, unit, ...boundsOf(unit, bandwidth, [...values.values()]) });
  }
  const closids = [...caches, ...bandwidths].map(({ numClosids }) => numClosids).filter((count) => count > 0);
  const monitoring = parseMonitoring((file) => read(join('info/L3_MON', file)), readDomainIds(mountPoint));
  return {
    ok: true,
    value: {
      mount: mount.value,
      caches,
      bandwidths,
      numClosids: closids.length === 0 ? undefined : Math.min(...closids),
      monitoring,
    },
  };
}

function parseCache(read: ReadInfo): Omit<CacheControl, 'resource' | 'domains'> | undefined {
  const mask = read('cbm_mask');
  const numClosids = parseCount(read('num_closids'));
  if (mask === undefined || numClosids === undefined || !/^[0-9a-fA-F]{1,16}$/.test(mask)) return undefined;
  const allowsGaps = read('sparse_masks') === '1';
  return { numClosids, cbmMask: BigInt(`0x${mask}`), minCbmBits: parseCount(read('min_cbm_bits')) ?? 1, allowsGaps };
}

function parseBandwidth(read: ReadInfo): Pick<BandwidthControl, 'numClosids' | 'granularity' | 'minimum'> | undefined {
  const granularity = parseCount(read('bandwidth_gran'));
  const minimum = parseCount(read('min_bandwidth'));
  const numClosids = parseCount(read('num_closids'));
  if (granularity === undefined || minimum === undefined || numClosids === undefined) return undefined;
  return { numClosids, granularity, minimum };
}

function chooseUnit(resource: string, options: readonly string[], vendor: string | undefined): BandwidthUnit {
  if (vendor === 'AuthenticAMD' || vendor === 'HygonGenuine') return 'eighth_GBps';
  return resource === 'MB' && options.includes('mba_MBps') ? 'MBps' : 'percent';
}

/** MBA_MAX_MBPS of the kernel, and what every control group has at first. */
const unlimitedMbps = 0xff_ff_ff_ff;
/** MAX_MBA_BW_AMD; CPUs with more show it in the root's schemata unless somebody throttled it. */
const unlimitedEighths = 2048;

function boundsOf(
  unit: BandwidthUnit,
  { granularity, minimum }: { readonly granularity: number; readonly minimum: number },
  rootValues: readonly string[],
): { readonly minimum: number; readonly maximum: number } {
  if (unit === 'percent') return { minimum, maximum: 100 };
  if (unit === 'eighth_GBps') {
    return { minimum, maximum: Math.max(unlimitedEighths, ...rootValues.flatMap((text) => parseCount(text) ?? [])) };
  }
  // info/MB/min_bandwidth is per cent even then, and the kernel checks no bounds. It rounds up in 32 bits: the very
  // greatest value would become 4 MB/s (6.1).
  const step = Math.max(1, granularity);
  return { minimum: step, maximum: Math.floor(unlimitedMbps / step) * step };
}

function parseMonitoring(read: ReadInfo, domains: readonly number[]): Monitoring | undefined {
  const features = (read('mon_features') ?? '').split(/\s+/).filter((name) => name !== '');
  const numRmids = parseCount(read('num_rmids'));
  if (features.length === 0 || numRmids === undefined) return undefined;
  return { features, numRmids, domains, maxThresholdOccupancyBytes: parseCount(read('max_threshold_occupancy')) };
}

function parseCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function unreadable(mountPoint: string, errno: string): WcaError {
  return new WcaError('PERMISSION', {
    subject: `${mountPoint}/info`,
    errno,
    message: `cannot be read: ${errno}`,
    remedy: 'mount the whole of resctrl, readable for the collector',
  });
}

function ascending(a: number, b: number): number {
  return a - b;
}
