import type { ShareConversion } from './values.ts';

const [minShares, maxShares] = [2, 262_144];
const [minWeight, maxWeight] = [1, 10_000];

/** cpu.weight (1..10000, cgroup-v2.rst) for cpu.shares by one of the conversions in use (spec allocation §2.3). */
export function weightOfShares(shares: number, conversion: ShareConversion): number {
  switch (conversion) {
    case 'kernel':
      return clamp(Math.round((shares * 100) / 1024));
    case 'oci-linear':
      return clamp(1 + Math.floor(((shares - minShares) * (maxWeight - 1)) / (maxShares - minShares)));
    case 'oci-log': {
      if (shares <= minShares) return minWeight;
      if (shares >= maxShares) return maxWeight;
      const log = Math.log2(shares);
      return clamp(Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34)));
    }
  }
}

/** What the kernel itself takes a weight for, in shares; for display: no conversion can be undone exactly. */
export function sharesOfWeight(weight: number): number {
  return Math.min(maxShares, Math.max(minShares, Math.round((weight * 1024) / 100)));
}

function clamp(weight: number): number {
  return Math.min(maxWeight, Math.max(minWeight, weight));
}
