import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { TestCgroups } from '../../kit/cgroups.ts';
import { Workload, type WorkloadKind } from './workload.ts';

/** Cgroups of the guest for one test file; a guest that cannot make them is broken, so this throws. */
export function makeCgroups(): TestCgroups {
  let why = '';
  const cgroups = TestCgroups.make((reason) => {
    why = reason;
  });
  if (cgroups === undefined) throw new Error(why);
  return cgroups;
}

/** A workload alone in a cgroup of its own, ended and removed with the test. */
export async function startTask(
  t: TestContext,
  cgroups: TestCgroups,
  { name, kind, amount, before = [] }: TaskOptions,
): Promise<{ readonly id: string; readonly workload: Workload }> {
  const id = cgroups.add(name);
  const workload = await Workload.start(kind, amount, before);
  t.after(() => workload.stop());
  cgroups.attach(id, workload.pid);
  return { id, workload };
}

export interface TaskOptions {
  readonly name: string;
  readonly kind: WorkloadKind;
  readonly amount: number;
  readonly before?: readonly string[];
}

/** A small kernel file, trimmed. */
export function readText(path: string): string {
  return readFileSync(path, 'utf8').trim();
}
