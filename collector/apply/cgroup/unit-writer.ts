import type { Reading } from '../../../shared/errors/wca-error.ts';

/**
 * The manager of services to which some cgroups belong: systemd. A `daemon-reload` writes to them again whatever it
 * remembers, so what is to last must be told to it. docs/systemd-units.md has what was measured.
 */
export interface UnitWriter {
  /** The unit whose own cgroup this is, in a hierarchy (Hierarchy.name) that the manager writes to. */
  unitOf(hierarchy: string, path: string): string | undefined;
  /** Whether the manager writes this control file. Another (`cpu.max.burst`) is written directly, also of a unit. */
  governs(file: string): boolean;
  /**
   * The quota to wish for instead: the next that the manager still has after a reload, 33000 for 33333 of 100000. For
   * wishes, not for originals.
   */
  lastingQuotaUs(quotaUs: number, periodUs: number): number;
  /**
   * Tells the manager, which writes the file before this resolves, as a rule. It says nothing when the kernel refuses,
   * rounds what it cannot say, and leaves the file as it is when its last property for a controller is taken away: read
   * back, and if another value is there write the file directly as well. The empty list to `cpuset.cpus` or
   * `cpuset.mems` may take the controller away, and the file with it (nothing is to be written then); a list brings
   * both, down the whole tree, so no controller has to be enabled before.
   * FEATURE_ABSENT, KERNEL_REFUSED with the manager's text, DEADLINE, CGROUP_GONE when the unit does not run.
   */
  write(unit: string, file: string, text: string): Promise<Reading<void>>;
  /** After the original was written, or the cgroup is gone: removes what the manager keeps on disk of our writes. */
  forget(unit: string, file: string): void;
}
