import { join } from 'node:path';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { KernelFile } from '../kernel-file.ts';
import type { KernelRoots } from '../roots.ts';
import { Scratch } from '../scratch.ts';
import type { MemoryModule } from './module.ts';
import { parseSmbiosModules } from './smbios.ts';
import type { Tools } from './tools.ts';

/** Whether the memory modules of this host can be told; see Capability in collector.proto. */
interface MemoryModulesCapability {
  readonly name: 'memory_modules';
  readonly available: boolean;
  readonly reason: string;
  readonly remedy: string;
}

const subject = 'memory modules';

/**
 * The modules by the firmware's tables: /sys/firmware/dmi/tables/DMI (Documentation/ABI/testing/sysfs-firmware-dmi-tables),
 * for root only. FEATURE_ABSENT without tables (no SMBIOS, as on many ARM machines, or hidden from a container) and
 * with tables without memory; PERMISSION.
 */
export function readFirmwareModules(roots: KernelRoots, scratch = new Scratch()): Reading<readonly MemoryModule[]> {
  const path = join(roots.sysfs, 'firmware/dmi/tables/DMI');
  const file = new KernelFile({ path, subject: path, keepOpen: false, pieces: true });
  const state = file.read(scratch);
  if (state === 'read') {
    const modules = parseSmbiosModules(scratch.bytes.subarray(0, scratch.length));
    if (modules !== undefined) return { ok: true, value: modules };
    return absent("the firmware's tables tell of no memory", { remedy: 'install dmidecode or lshw' });
  }
  if (state !== 'missing') return { ok: false, error: file.error() };
  return absent(`there is no ${path}`, {
    errno: 'ENOENT',
    remedy: 'in a container give it /sys/firmware/dmi/tables read-only; else install dmidecode or lshw',
  });
}

/** Why nothing can be told of the modules; undefined where there are tables or a tool that may know. */
export function findModulesProblem(table: Reading<unknown>, tools: Tools): WcaError | undefined {
  if (table.ok || tools.find('dmidecode') !== undefined || tools.find('lshw') !== undefined) return undefined;
  const { code, message, remedy, errno } = table.error;
  return new WcaError(code, {
    subject,
    message: `${message}; neither dmidecode nor lshw is installed`,
    ...(remedy === undefined ? {} : { remedy }),
    ...(errno === undefined ? {} : { errno }),
  });
}

/** Looks for the tables and the tools; runs nothing. */
export function probeMemoryModules(roots: KernelRoots, tools: Tools): MemoryModulesCapability {
  const problem = findModulesProblem(readFirmwareModules(roots), tools);
  return {
    name: 'memory_modules',
    available: problem === undefined,
    reason: problem?.message ?? '',
    remedy: problem?.remedy ?? '',
  };
}

function absent(message: string, facts: { readonly errno?: string; readonly remedy: string }): Reading<never> {
  return { ok: false, error: new WcaError('FEATURE_ABSENT', { subject, message, ...facts }) };
}
