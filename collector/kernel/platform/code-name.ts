/** Intel family 6 by model; arch/x86/include/asm/intel-family.h. Models that differ by stepping are in the function. */
const intelFamily6: Readonly<Record<number, string>> = {
  60: 'haswell',
  69: 'haswell',
  70: 'haswell',
  63: 'haswell-x',
  61: 'broadwell',
  71: 'broadwell',
  86: 'broadwell-de',
  79: 'broadwell-x',
  78: 'skylake',
  94: 'skylake',
  142: 'skylake',
  158: 'skylake',
  165: 'skylake',
  166: 'skylake',
  125: 'ice-lake',
  126: 'ice-lake',
  106: 'ice-lake-x',
  108: 'ice-lake-x',
  143: 'sapphire-rapids',
  207: 'emerald-rapids',
  173: 'granite-rapids',
  174: 'granite-rapids',
  175: 'sierra-forest',
  221: 'clearwater-forest',
  151: 'alder-lake',
  154: 'alder-lake',
  183: 'raptor-lake',
  186: 'raptor-lake',
  191: 'raptor-lake',
};

/** AMD families by ranges of models, first to last; bsp_init_amd() in arch/x86/kernel/cpu/amd.c. */
const zen: Readonly<Record<number, readonly (readonly [first: number, last: number, name: string])[]>> = {
  23: [
    [0x30, 0x4f, 'zen2'],
    [0x60, 0x7f, 'zen2'],
    [0x90, 0x91, 'zen2'],
    [0xa0, 0xaf, 'zen2'],
  ],
  25: [
    [0x00, 0x0f, 'zen3'],
    [0x10, 0x1f, 'zen4'],
    [0x20, 0x5f, 'zen3'],
    [0x60, 0xaf, 'zen4'],
  ],
  26: [
    [0x00, 0x2f, 'zen5'],
    [0x40, 0x4f, 'zen5'],
    [0x60, 0x7f, 'zen5'],
  ],
};

/** Part numbers of Arm; arch/arm64/include/asm/cputype.h. */
const armParts: Readonly<Record<number, string>> = {
  3340: 'neoverse-n1',
  3392: 'neoverse-v1',
  3401: 'neoverse-n2',
  3407: 'neoverse-v2',
  3460: 'neoverse-v3',
  3470: 'neoverse-n3',
};

/** What a CPU says it is. On arm64 family, model and stepping are architecture, part and revision (proc/cpuinfo.ts). */
export interface CpuIdentity {
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
}

/** Micro-architecture of a CPU as the raw perf events are listed by; undefined for those without a list. */
export function chooseCodeName({ vendor, family, model, stepping }: CpuIdentity): string | undefined {
  switch (vendor) {
    case 'GenuineIntel':
      if (family !== 6) return undefined;
      if (model === 0x55) return stepping <= 4 ? 'skylake-x' : stepping <= 7 ? 'cascade-lake' : 'cooper-lake';
      return intelFamily6[model];
    case 'AuthenticAMD':
      return zen[family]?.find(([first, last]) => model >= first && model <= last)?.[2];
    case 'ARM':
      return armParts[model];
    case 'Microsoft':
      return model === 0xd49 ? 'neoverse-n2' : undefined; // Azure Cobalt 100
    default:
      return undefined;
  }
}

/** `Neoverse-N1`: arm64 has no line `model name`. */
export function chooseCpuName(name: string | undefined, codeName: string | undefined): string | undefined {
  const [, core] = /^neoverse-(\w+)$/.exec(codeName ?? '') ?? [];
  return name ?? (core === undefined ? undefined : `Neoverse-${core.toUpperCase()}`);
}
