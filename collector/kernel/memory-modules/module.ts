/** `ram`: loses its content without power; `nvm`: keeps it. */
type ModuleKind = 'ram' | 'nvm';

/** A populated slot. What the firmware does not know is undefined. */
export interface MemoryModule {
  readonly kind: ModuleKind;
  readonly sizeBytes: number | undefined;
  /** Transfers per second, millions (MT/s); older texts call it MHz. */
  readonly speedMts: number | undefined;
  /** Part of it that is used as volatile memory. */
  readonly volatileBytes: number | undefined;
}

/** All modules of one kind; 0 modules have 0 bytes. */
interface KindTotals {
  readonly count: number;
  /** Undefined when the size of one is unknown. */
  readonly sizeBytes: number | undefined;
}

/** A module moves 64 bits at a time. */
const busBytes = 8;

export function sumKind(modules: readonly MemoryModule[], kind: ModuleKind): KindTotals {
  const ofKind = modules.filter((module) => module.kind === kind);
  return { count: ofKind.length, sizeBytes: sumKnown(ofKind.map(({ sizeBytes }) => sizeBytes)) };
}

/**
 * What all modules of volatile memory could move together, bytes per second: four of 2933 MT/s are 93 856 000 000.
 * Undefined without such modules, or when the speed of one is unknown.
 */
export function sumSpeed(modules: readonly MemoryModule[]): number | undefined {
  const ram = modules.filter(({ kind }) => kind === 'ram');
  if (ram.length === 0) return undefined;
  return sumKnown(ram.map(({ speedMts }) => (speedMts === undefined ? undefined : speedMts * 1e6 * busBytes)));
}

/** Bytes of persistent memory used as volatile memory; undefined when one module does not tell. */
export function sumVolatile(modules: readonly MemoryModule[]): number | undefined {
  return sumKnown(modules.filter(({ kind }) => kind === 'nvm').map(({ volatileBytes }) => volatileBytes));
}

/** Undefined also when firmware tells nonsense that no machine has. */
function sumKnown(values: readonly (number | undefined)[]): number | undefined {
  let sum = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    sum += value;
  }
  return Number.isSafeInteger(sum) ? sum : undefined;
}

/** Names of SMBIOS memory types (DSP0134 §7.18.2) that are no memory modules: graphics memory, firmware chips. */
const otherTypes = new Set(['VRAM', 'SRAM', 'ROM', 'Flash', 'EEPROM', 'FEPROM', 'EPROM', 'CDRAM', '3DRAM', 'SGRAM']);
const persistentType = 'Logical non-volatile device';

/**
 * The kind of a module by what SMBIOS calls its type, its technology and its details; undefined when it is no memory
 * module. A type that is unknown, as in many virtual machines, is volatile memory.
 */
export function chooseKind(words: {
  readonly type: string;
  readonly technology: string;
  readonly detail: string;
}): ModuleKind | undefined {
  if (otherTypes.has(words.type)) return undefined;
  const isPersistent =
    words.type === persistentType ||
    /non-volatile/i.test(words.detail) ||
    /^NVDIMM-|persistent memory/i.test(words.technology);
  return isPersistent ? 'nvm' : 'ram';
}
