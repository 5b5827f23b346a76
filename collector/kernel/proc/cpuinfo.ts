import { parseKeyedLines } from '../keyed-text.ts';

/** One logical CPU of /proc/cpuinfo; what an architecture does not tell is undefined. */
export interface CpuinfoEntry {
  readonly processor: number;
  readonly vendor: string | undefined;
  readonly name: string | undefined;
  readonly family: number | undefined;
  readonly model: number | undefined;
  readonly stepping: number | undefined;
  readonly socket: number | undefined;
  readonly core: number | undefined;
}

/** arm64 `CPU implementer`; arch/arm64/include/asm/cputype.h. */
const armImplementers: Readonly<Record<string, string>> = {
  '0x41': 'ARM',
  '0x42': 'Broadcom',
  '0x43': 'Cavium',
  '0x46': 'Fujitsu',
  '0x48': 'HiSilicon',
  '0x4e': 'NVIDIA',
  '0x50': 'APM',
  '0x51': 'Qualcomm',
  '0x61': 'Apple',
  '0x6d': 'Microsoft',
  '0xc0': 'Ampere',
};

/**
 * /proc/cpuinfo of x86 (`model\t\t: 85`) and arm64 (`CPU part\t: 0xd0c`): one block a CPU, blocks divided by an empty
 * line; a block without `processor` (the hardware lines of some boards) is left out. On arm64 family, model and stepping
 * are architecture, part and revision.
 */
export function parseCpuinfo(text: string): CpuinfoEntry[] {
  return text.split(/\n\s*\n/).flatMap((block) => parseBlock(block) ?? []);
}

function parseBlock(block: string): CpuinfoEntry | undefined {
  const values = parseKeyedLines(block, ':');
  const integer = (key: string): number | undefined => {
    const value = values.get(key) ?? '';
    return /^(\d{1,9}|0x[\da-f]{1,7})$/i.test(value) ? Number(value) : undefined;
  };
  const words = (key: string): string | undefined => values.get(key) || undefined;
  const processor = integer('processor');
  if (processor === undefined) return undefined;
  const implementer = words('CPU implementer');
  return {
    processor,
    vendor:
      words('vendor_id') ?? (implementer === undefined ? undefined : (armImplementers[implementer] ?? implementer)),
    name: words('model name'),
    family: integer('cpu family') ?? integer('CPU architecture'),
    model: integer('model') ?? integer('CPU part'),
    stepping: integer('stepping') ?? integer('CPU revision'),
    socket: integer('physical id'),
    core: integer('core id'),
  };
}
