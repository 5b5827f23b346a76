import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What decides whether perf_event_open(2) is allowed and whether there is a PMU; undefined where /proc does not say. */
export interface PerfHost {
  /** kernel.perf_event_paranoid; Documentation/admin-guide/sysctl/kernel.rst. */
  readonly paranoid: number | undefined;
  /** Whether this process has CAP_PERFMON or CAP_SYS_ADMIN. */
  readonly privileged: boolean | undefined;
  /** Whether this is a virtual machine; known on x86 only. */
  readonly virtual: boolean | undefined;
  /** PMUs of the CPUs: `cpu`, `cpu_core`, `armv8_pmuv3_0`; undefined when nobody looked. */
  readonly pmus?: readonly string[];
}

const capSysAdmin = 1n << 21n;
const capPerfmon = 1n << 38n;

/** Reads the host's facts below `procfs` (`/proc`), once at start. */
export function readPerfHost(procfs: string): PerfHost {
  return {
    paranoid: parseParanoid(readOptional(join(procfs, 'sys/kernel/perf_event_paranoid'))),
    privileged: parsePrivileged(readOptional(join(procfs, 'self/status'))),
    virtual: parseVirtual(readOptional(join(procfs, 'cpuinfo'))),
  };
}

/** /proc/sys/kernel/perf_event_paranoid: `2`. Negative allows everything. */
export function parseParanoid(text: string): number | undefined {
  return /^-?\d{1,9}\n?$/.test(text) ? Number(text) : undefined;
}

/** Effective capabilities of proc_pid_status(5): `CapEff:	000001ffffffffff`. */
export function parsePrivileged(statusText: string): boolean | undefined {
  const [, mask] = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(statusText) ?? [];
  return mask === undefined ? undefined : (BigInt(`0x${mask}`) & (capSysAdmin | capPerfmon)) !== 0n;
}

/** CPUID's hypervisor bit in /proc/cpuinfo: `flags		: fpu vme ... hypervisor ...`. Other architectures have no `flags`. */
export function parseVirtual(cpuinfoText: string): boolean | undefined {
  const [, flags] = /^flags\s*:(.*)$/m.exec(cpuinfoText) ?? [];
  return flags?.split(' ').includes('hypervisor');
}

function readOptional(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // an older kernel, or a /proc that hides it
  }
}
