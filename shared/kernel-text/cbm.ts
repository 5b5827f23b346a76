/** Masks of portions of a cache (CBM); Documentation/arch/x86/resctrl.rst, "Cache Bit Masks (CBM)". */

/** What a mask of one cache must be like. */
export interface MaskRules {
  /** All portions: 0x7ffn. */
  readonly cbmMask: bigint;
  readonly minCbmBits: number;
  /** info/L3/sparse_masks (6.7): masks may have gaps. */
  readonly allowsGaps?: boolean | undefined;
}

const hex = /^(?:0[xX])?([0-9a-fA-F]{1,16})$/;

/** `f`, `00F`, `0x7ff` as a number. Throws SyntaxError for anything else, and for more than 64 bits. */
export function parseMask(text: string): bigint {
  const [, digits] = hex.exec(text) ?? [];
  if (digits === undefined) {
    throw new SyntaxError(`${JSON.stringify(text.slice(0, 40))} is no hexadecimal mask`);
  }
  return BigInt(`0x${digits}`);
}

/** `7ff`: as the kernel writes it, without its leading zeros. */
export function formatMask(mask: bigint): string {
  return mask.toString(16);
}

export function countMaskBits(mask: bigint): number {
  let count = 0;
  for (let rest = mask; rest > 0n; rest >>= 1n) if ((rest & 1n) === 1n) count += 1;
  return count;
}

/** Why the kernel would refuse the mask (spec allocation §4.6); undefined when it would not. */
export function findMaskFault(mask: bigint, { cbmMask, minCbmBits, allowsGaps }: MaskRules): string | undefined {
  const shown = formatMask(mask);
  if (mask > cbmMask)
    return `mask ${shown} has portions that the cache does not have, which are ${formatMask(cbmMask)}`;
  const bits = countMaskBits(mask);
  if (bits < minCbmBits || bits === 0) {
    return `mask ${shown} has too few bits, ${bits} where ${Math.max(1, minCbmBits)} are the least`;
  }
  if (allowsGaps !== true && hasGap(mask)) return `mask ${shown} has a gap between its bits`;
  return undefined;
}

/** Adding the lowest bit to a run of bits leaves one bit: of a mask with a gap more are left. */
function hasGap(mask: bigint): boolean {
  const sum = mask + (mask & -mask);
  return (sum & (sum - 1n)) !== 0n;
}
