import type { NvdimmModule } from './ipmctl.ts';

/** What the persistent memory of one socket could move, bytes per second; undefined where no figure is known. */
export interface SocketBandwidth {
  readonly socket: number;
  readonly readBytesPerSecond: number | undefined;
  readonly writeBytesPerSecond: number | undefined;
}

const powerStepsWatts = [10, 12, 15, 18] as const;

interface SizeClass {
  /** Modules of fewer bytes; the last class has no bound. */
  readonly belowBytes: number;
  /** GB/s of one module, by power step; 0: modules of this size do not run at that power. */
  readonly read: readonly number[];
  readonly write: readonly number[];
}

/** The vendor's figures for the modules of 128, 256 and 512 GB; specification §6.12. */
const sizeClasses: readonly SizeClass[] = [
  { belowBytes: 200e9, read: [2.4, 4.3, 6.8, 0], write: [0.88, 1.48, 1.85, 0] },
  { belowBytes: 500e9, read: [0, 4.1, 6.8, 8.3], write: [0, 1.45, 2.3, 3] },
  { belowBytes: Number.POSITIVE_INFINITY, read: [0, 2.65, 5.3, 7.8], write: [0, 1.02, 1.89, 2.68] },
];

/**
 * Bandwidth by socket, ascending: the sum over its modules that are in a region, or all of them on a host without
 * regions. A socket with a module whose size or power is unknown has no figures.
 */
export function sumBandwidth(
  modules: readonly NvdimmModule[],
  inRegions: ReadonlySet<string>,
): readonly SocketBandwidth[] {
  const used = inRegions.size === 0 ? modules : modules.filter(({ id }) => inRegions.has(id));
  const sockets = new Map<number, NvdimmModule[]>();
  for (const module of used) {
    if (module.socket === undefined) continue;
    sockets.set(module.socket, [...(sockets.get(module.socket) ?? []), module]);
  }
  return [...sockets]
    .sort(([a], [b]) => a - b)
    .map(([socket, ofSocket]) => ({
      socket,
      readBytesPerSecond: sumOf(ofSocket, 'read'),
      writeBytesPerSecond: sumOf(ofSocket, 'write'),
    }));
}

function sumOf(modules: readonly NvdimmModule[], direction: 'read' | 'write'): number | undefined {
  let gigabytes = 0;
  for (const { capacityBytes, powerWatts } of modules) {
    if (capacityBytes === undefined || powerWatts === undefined) return undefined;
    const sizeClass = sizeClasses.find(({ belowBytes }) => capacityBytes < belowBytes);
    const one = sizeClass?.[direction][chooseStep(powerWatts)] ?? 0;
    if (one === 0) return undefined;
    gigabytes += one;
  }
  // Two decimals, as the figures of a module have.
  return Math.round(gigabytes * 100) * 1e7;
}

/** The largest step that the power reaches; the first one below it. */
function chooseStep(powerWatts: number): number {
  return Math.max(
    0,
    powerStepsWatts.findLastIndex((step) => step <= powerWatts),
  );
}
