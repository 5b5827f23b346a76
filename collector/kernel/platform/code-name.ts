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
};

export interface CpuIdentity {
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
}

/** Micro-architecture of a CPU as the raw perf events are listed by; undefined for those without a list. */
export function chooseCodeName({ vendor, family, model, stepping }: CpuIdentity): string | undefined {
  if (vendor !== 'GenuineIntel' || family !== 6) return undefined;
  if (model === 0x55) return stepping <= 4 ? 'skylake-x' : stepping <= 7 ? 'cascade-lake' : 'cooper-lake';
  return intelFamily6[model];
}
