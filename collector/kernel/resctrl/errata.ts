import { WcaError } from '../../../shared/errors/wca-error.ts';

/** What decides whether counts of RDT can be trusted. */
export interface RdtCpu {
  readonly vendor: string | undefined;
  readonly family: number | undefined;
  readonly model: number | undefined;
  readonly stepping: number | undefined;
}

const broadwellX = 79;
const broadwellD = 86;
const skylakeX = 85;
/** Later steppings of model 85 are Cascade Lake and Cooper Lake. */
const lastSkylakeStepping = 4;

/** Skylake servers, where the kernel switches monitoring off: it does not count what it should (`rdt=` overrides). */
export function hasMonitoringSwitchedOff(cpu: RdtCpu): boolean {
  return isIntel(cpu) && cpu.model === skylakeX && (cpu.stepping ?? 0) <= lastSkylakeStepping;
}

/**
 * What must be known of this CPU to read monitoring right; Documentation/arch/x86/resctrl.rst, "Intel RDT Errata", and
 * arch/x86/kernel/cpu/resctrl/core.c. `kernel` is its release, `features` are those of info/L3_MON/mon_features.
 */
export function chooseErrata(cpu: RdtCpu, kernel: string, features: readonly string[]): readonly WcaError[] {
  const hasBandwidth = features.some((name) => name.startsWith('mbm_'));
  const notes: WcaError[] = [];
  const note = (message: string, remedy?: string): void => {
    notes.push(
      new WcaError('FEATURE_ABSENT', { subject: 'rdt', message, ...(remedy === undefined ? {} : { remedy }) }),
    );
  };
  const erratum = bandwidthErratum(cpu);
  if (hasBandwidth && erratum !== undefined) {
    const what = `${erratum}: memory bandwidth of some groups is counted wrong`;
    if (isOlder(kernel, 5, 11)) note(`${what}; this kernel does not correct it`, 'use Linux 5.11 or later');
    else note(`${what}; the kernel corrects it by an average factor`);
  }
  if (hasMonitoringSwitchedOff(cpu)) {
    note(
      'Skylake server: memory bandwidth can be counted too low and cache occupancy is not exact; rdt= switched it on',
    );
  }
  if (hasBandwidth && cpu.vendor === 'AuthenticAMD') {
    note(
      'this CPU counts memory bandwidth for fewer groups than there can be; those of the others read Unavailable now and then, and are absent then',
      'watch fewer targets',
    );
  }
  return notes;
}

function bandwidthErratum(cpu: RdtCpu): string | undefined {
  if (!isIntel(cpu)) return undefined;
  if (cpu.model === skylakeX) return 'erratum SKX99';
  return cpu.model === broadwellX || cpu.model === broadwellD ? 'erratum BDF102' : undefined;
}

function isIntel({ vendor, family }: RdtCpu): boolean {
  return vendor === 'GenuineIntel' && family === 6;
}

/** False for a release that is not understood. */
function isOlder(release: string, major: number, minor: number): boolean {
  const [, ofMajor, ofMinor] = /^(\d{1,4})\.(\d{1,4})/.exec(release) ?? [];
  if (ofMajor === undefined || ofMinor === undefined) return false;
  return Number(ofMajor) < major || (Number(ofMajor) === major && Number(ofMinor) < minor);
}
