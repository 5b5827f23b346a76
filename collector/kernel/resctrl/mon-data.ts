import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { WcaError } from '../../../shared/errors/wca-error.ts';
import { KernelFile } from '../kernel-file.ts';
import type { Scratch } from '../scratch.ts';

/**
 * Ids of the domains of a group's mon_data, ascending: `mon_L3_00`, `mon_L3_17`. A domain comes and goes with its CPUs.
 * Whatever else there is (energy of a package in newer kernels) is no L3. Empty for a group that is gone.
 */
export function readDomainIds(group: string): number[] {
  let names: string[];
  try {
    names = readdirSync(join(group, 'mon_data'));
  } catch {
    return [];
  }
  return names.flatMap((name) => parseDomainId(name) ?? []).sort((a, b) => a - b);
}

function parseDomainId(name: string): number | undefined {
  const [, id] = /^mon_L3_(\d{1,9})$/.exec(name) ?? [];
  return id === undefined ? undefined : Number(id);
}

/**
 * What became of reading a counter: `value`, or
 * - `unavailable`: the hardware has no count now (AMD: it counts for fewer RMIDs than there are);
 * - `unassigned`: no counter is given to the group (info/L3_MON/mbm_assign_mode);
 * - `error`: the hardware refuses the RMID or the event;
 * - `gone`: the domain or the group is not there (any more);
 * - `format`, `failed`: `problem` tells.
 */
export type CounterState = 'value' | 'unavailable' | 'unassigned' | 'error' | 'gone' | 'format' | 'failed';

/** One file of mon_data: `1006632960\n`, `Unavailable\n`, `Unassigned\n`, `Error\n`. */
export class MonCounter {
  readonly #file: KernelFile;

  constructor(group: string, domain: number, options: { readonly feature: string; readonly keepOpen: boolean }) {
    const path = join(group, 'mon_data', `mon_L3_${String(domain).padStart(2, '0')}`, options.feature);
    this.#file = new KernelFile({ path, subject: path, keepOpen: options.keepOpen });
  }

  /** After `value` the number is in `scratch.decimal`. */
  read(scratch: Scratch): CounterState {
    const state = this.#file.read(scratch);
    if (state === 'missing' || state === 'gone') return 'gone';
    if (state !== 'read') return 'failed';
    if (scratch.decimal.scan(scratch.bytes, 0, scratch.length)) return 'value';
    for (const { text, means } of words) if (startsWith(scratch, text)) return means;
    return 'format';
  }

  /** The error of the last reading that `failed`. */
  error(): WcaError {
    return this.#file.error();
  }

  close(): void {
    this.#file.close();
  }
}

const words = [
  { text: Buffer.from('Unavailable'), means: 'unavailable' },
  { text: Buffer.from('Unassigned'), means: 'unassigned' },
  { text: Buffer.from('Error'), means: 'error' },
] as const;

function startsWith({ bytes, length }: Scratch, text: Buffer): boolean {
  return length >= text.length && bytes.compare(text, 0, text.length, 0, text.length) === 0;
}
