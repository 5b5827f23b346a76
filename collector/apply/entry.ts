import type { AllocationType } from '../../shared/allocation/values.ts';
import type { KnobId } from './knob.ts';

/** A knob that was allocated, with what it takes to put it back. */
export interface LedgerEntry {
  readonly knob: KnobId;
  /** Cgroup of the target it was written for. */
  readonly path: string;
  readonly type: AllocationType;
  /** What the kernel had before the first write. */
  readonly original: string;
  /** What the kernel had after the last one. */
  readonly written: string;
  /** Empty: none. */
  readonly leaseId: string;
  /** Whose it is: `uid 998`, `tls controller1.example`. */
  readonly principal: string;
  /** For people: `uid 998, pid 4711`. */
  readonly owner: string;
  /** Of the last write, CLOCK_MONOTONIC in ms. */
  readonly sinceMs: number;
}

/** A write as it was announced to the ledger before it was done. */
export interface AnnouncedWrite {
  readonly knob: KnobId;
  readonly path: string;
  readonly type: AllocationType;
  readonly from: string;
  readonly to: string;
}

/** A lease as the ledger keeps it. */
export interface Lease {
  readonly id: string;
  /** Whose it is: `uid 998`, `tls controller1.example`. */
  readonly principal: string;
  readonly peer: string;
  /** CLOCK_MONOTONIC in ms: the same for all processes of one boot. */
  readonly deadlineMs: number;
}
