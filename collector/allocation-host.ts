import { join } from 'node:path';
import type { AllocationType } from '../shared/allocation/values.ts';
import { toWcaError, type WcaError } from '../shared/errors/wca-error.ts';
import { systemClock } from '../shared/lifecycle/clock.ts';
import type { Logger } from '../shared/log/logger.ts';
import { AllocationParts, type AllocationPartsOptions } from './allocation-parts.ts';
import { Applier } from './apply/applier.ts';
import { LedgerFile } from './apply/ledger-file.ts';
import { AuditLines } from './audit-lines.ts';
import { HostAllocationReader } from './host-allocation-reader.ts';
import { probeSystemdUnits } from './kernel/systemd/units.ts';
import type { Restored } from './options.ts';
import type { AllocationFacade } from './service/allocation-requests.ts';
import type { AllocationReader } from './watch/ports.ts';

/** Everything of this host that allocates, and what tells what is allocated. */
export interface AllocationHost {
  /** What allocates, or why nothing does: then the collector measures all the same. */
  readonly facade: AllocationFacade;
  readonly reader: AllocationReader | undefined;
  /** What the policy lets be allocated. */
  readonly types: readonly AllocationType[];
}

export interface RunningAllocation extends AllocationHost {
  /**
   * Ends the transaction that runs, restores, gives the ledger back. Answers how many targets could not be restored.
   * Idempotent; never rejects.
   */
  stop(restored: Restored): Promise<number>;
}

export interface AllocationHostOptions extends Omit<AllocationPartsOptions, 'units' | 'onTrouble'> {
  /** Folder of the ledger. */
  readonly ledger: string;
  readonly uid: number;
  readonly logger: Logger;
}

/**
 * Opens the ledger, undoes what a collector that died had begun, and restores what has expired meanwhile: before anybody
 * is served. Never rejects; what is wrong is in `facade`, and logged once.
 */
export async function openAllocation(options: AllocationHostOptions): Promise<RunningAllocation> {
  const { logger, ledger, layout } = options;
  const units = await probeSystemdUnits(join(ledger, 'units'));
  if (units?.ok === false) logger.warn({ reason: units.error.toText() }, 'units of systemd are not asked');
  const onTrouble = (error: WcaError): void => logger.warn({ code: error.code, reason: error.toText() }, 'allocation');
  const parts = new AllocationParts({ ...options, units: units?.ok === true ? units.value : undefined, onTrouble });
  try {
    return await run(parts, options, onTrouble);
  } catch (thrown) {
    const error = toWcaError(thrown, 'allocation', 'KERNEL_REFUSED');
    logger.warn({ code: error.code, reason: error.toText() }, 'nothing is allocated, measuring goes on');
    const reader = new HostAllocationReader({ layout, parts, revision: () => 0 });
    return { facade: { ok: false, error }, reader, types: [], stop: async () => 0 };
  }
}

async function run(
  parts: AllocationParts,
  options: AllocationHostOptions,
  onTrouble: (error: WcaError) => void,
): Promise<RunningAllocation> {
  const { ledger, uid, logger, layout, roots } = options;
  const store = new LedgerFile({ folder: ledger, procfs: roots.procfs, pid: process.pid, uid });
  const applier = new Applier({ ...parts.forApplier, store, clock: systemClock, onTrouble });
  parts.attach(applier);
  const lines = new AuditLines(logger);
  applier.onAudit((record) => lines.add(record));
  const { undone, remembered } = await applier.start();
  if (undone + remembered > 0) logger.info({ undone, remembered }, 'ledger read');
  const keeper = parts.makeKeeper(applier, onTrouble);
  keeper.start();
  let stopped: Promise<number> | undefined;
  const end = async (restored: Restored): Promise<number> => {
    await keeper.stop();
    parts.pages.close();
    const results = await applier.stop(restored);
    lines.flush();
    const failed = results.flatMap(({ targetId, error, values }) => {
      const problem = error ?? values.find((value) => value.error !== undefined)?.error;
      return problem === undefined ? [] : [{ path: targetId, reason: problem.toText() }];
    });
    for (const facts of failed) logger.warn(facts, 'is not restored');
    store.close();
    return failed.length;
  };
  return {
    facade: { ok: true, value: applier },
    types: options.policy.types,
    reader: new HostAllocationReader({ layout, parts, revision: (path) => applier.revision(path) }),
    stop: (restored) => {
      stopped ??= end(restored);
      return stopped;
    },
  };
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
