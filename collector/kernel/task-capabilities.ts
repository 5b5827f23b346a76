import type { Reading, WcaError } from '../../shared/errors/wca-error.ts';
import type { Capability } from './platform/capabilities.ts';
import { probeSched } from './proc/sched.ts';
import type { KernelRoots } from './roots.ts';
import { probeMemoryAccess, probeMemoryMap } from './task-memory/probe.ts';

/** What can be measured of the processes of targets: `wss`, `sched`. */
export function probeTaskCapabilities(roots: KernelRoots): readonly Capability[] {
  return [decide('wss', probeMemory(roots)), decide('sched', probeSched(roots))];
}

function probeMemory(roots: KernelRoots): Reading<unknown> {
  const map = probeMemoryMap(roots);
  const error: WcaError | undefined = map.ok ? probeMemoryAccess(roots, map.value) : undefined;
  return error === undefined ? map : { ok: false, error };
}

function decide(name: string, reading: Reading<unknown>): Capability {
  if (reading.ok) return { name, available: true, reason: '', remedy: '' };
  const { subject, message, remedy } = reading.error;
  return { name, available: false, reason: `${subject}: ${message}`, remedy: remedy ?? '' };
}
