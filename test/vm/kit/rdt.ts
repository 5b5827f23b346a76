import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { runCommand } from './command.ts';

/** The host's side of the emulated Intel RDT (shim/fakerdt.c), in the folder shared with the host. */
const rates = '/host/rdt-rates';
const log = '/host/msr.log';
const rmids = 256;

/** Mounts resctrl unless it is; its folder. */
export function mountResctrl(options: readonly string[] = []): string {
  const folder = '/sys/fs/resctrl';
  if (!existsSync(`${folder}/schemata`)) {
    const extra = options.length === 0 ? [] : ['-o', options.join(',')];
    runCommand('mount', ['-t', 'resctrl', ...extra, 'resctrl', folder]);
  }
  return folder;
}

/**
 * Memory bandwidth in bytes/s of tasks with an RMID (of all RMIDs when undefined) while they run; 0 is the default
 * (10^9). 1 makes the counters report "Unavailable", 2 "Error".
 */
export function setMemoryRate(rate: bigint, rmid?: number): void {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(rate);
  const file = openSync(rates, 'r+');
  try {
    const ids = rmid === undefined ? Array.from({ length: rmids }, (_, id) => id) : [rmid];
    for (const id of ids) writeSync(file, bytes, 0, 8, 8 * id);
  } finally {
    closeSync(file);
  }
}

/** One write to a register of the emulated CPU: `L3 pkg=1 clos=1 value=0xf`, `MBA pkg=1 clos=1 value=0x32`. */
export interface RegisterWrite {
  readonly resource: string;
  /** Socket, which is the domain. */
  readonly domain: number;
  readonly closid: number;
  readonly value: number;
}

/** Everything that was written to cache masks and throttles since the machine was switched on, oldest first. */
export function readRegisterWrites(): readonly RegisterWrite[] {
  return [...readFileSync(log, 'utf8').matchAll(/^(\w+) pkg=(\d+) clos=(\d+) value=(0x[0-9a-f]+)$/gm)].map(
    ([, resource = '', domain, closid, value]) => ({
      resource,
      domain: Number(domain),
      closid: Number(closid),
      value: Number(value),
    }),
  );
}
