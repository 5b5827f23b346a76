import type { AllocationFacade } from './service/allocation-requests.ts';
import type { AllocationReader } from './watch/ports.ts';

/** Everything of this host that allocates, and what tells what is allocated. */
export interface AllocationHost {
  /** What allocates, or why nothing does: then the collector measures all the same. */
  readonly facade: AllocationFacade;
  readonly reader: AllocationReader | undefined;
}

/** A transaction writes several files; the readers are woken once for all of them. */
const settleMs = 20;

/** Calls `wake` soon after the collector wrote to the kernel, so that what it wrote is read before the next snapshot. */
export function wakeOnWrites({ facade }: AllocationHost, wake: () => void): void {
  if (!facade.ok) return;
  let timer: NodeJS.Timeout | undefined;
  facade.value.onAudit(() => {
    timer ??= setTimeout(() => {
      timer = undefined;
      wake();
    }, settleMs);
    timer.unref();
  });
}
