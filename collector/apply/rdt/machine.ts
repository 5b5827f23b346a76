import type { Reading } from '../../../shared/errors/wca-error.ts';
import { ControlGroupWriter } from '../../kernel/resctrl/control-writer.ts';
import { type RdtInfo, readRdtInfo } from '../../kernel/resctrl/info.ts';
import { ThreadControls } from '../../kernel/resctrl/thread-controls.ts';
import type { RdtContext } from './context.ts';
import { MemberThreads } from './member-threads.ts';

/** resctrl as it is now: what it offers, and access to it for the time of one batch. */
export interface RdtMachine {
  readonly mountPoint: string;
  readonly info: RdtInfo;
  readonly writer: ControlGroupWriter;
  readonly threads: MemberThreads;
}

/** FEATURE_ABSENT where resctrl is not mounted, PERMISSION where it cannot be read. */
export function openRdtMachine(context: RdtContext): Reading<RdtMachine> {
  const { roots, scratch, calls, vendor } = context;
  const info = readRdtInfo(roots, vendor);
  if (!info.ok) return info;
  const { mountPoint } = info.value.mount;
  const writer = new ControlGroupWriter(mountPoint, calls);
  const controls = new ThreadControls({ mountPoint, procfs: roots.procfs, scratch });
  return {
    ok: true,
    value: { mountPoint, info: info.value, writer, threads: new MemberThreads({ context, writer, controls }) },
  };
}

/** Greater numbers of a bandwidth mean the same as this one; undefined for caches. */
export function maximumOf({ info }: RdtMachine, resource: string): number | undefined {
  return info.bandwidths.find((one) => one.resource === resource)?.maximum;
}
