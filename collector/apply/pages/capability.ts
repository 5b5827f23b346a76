import { join } from 'node:path';
import { readKernelText } from '../../kernel/kernel-file.ts';
import { readNodes } from '../../kernel/numa/nodes.ts';
import type { Capability } from '../../kernel/platform/capabilities.ts';
import { parseMemoryFacts } from '../../kernel/proc/meminfo.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import { Scratch } from '../../kernel/scratch.ts';

/** Nodes with memory, ascending: where pages can be. */
export function readMemoryNodes(roots: KernelRoots): readonly number[] {
  return readNodes(roots, new Scratch())
    .filter(({ memoryBytes }) => memoryBytes > 0)
    .map(({ id }) => id);
}

/** Whether pages may be swapped out, now. */
export function isSwapOn(roots: KernelRoots): boolean {
  const text = readKernelText(join(roots.procfs, 'meminfo'), new Scratch());
  return text.ok && parseMemoryFacts(text.value).swapEnabled;
}

/** Whether pages can be moved on this host. */
export function probePageMigration(roots: KernelRoots): Capability {
  const name = 'allocation.migrate_pages';
  if (readMemoryNodes(roots).length < 2) {
    return { name, available: false, reason: 'the machine has one memory node', remedy: '' };
  }
  if (isSwapOn(roots)) {
    const reason = 'swap is on: what is swapped out would stay where it was';
    return { name, available: false, reason, remedy: 'swapoff -a' };
  }
  return { name, available: true, reason: '', remedy: '' };
}
