import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { CgroupLayout } from '../../kernel/cgroup/layout.ts';
import { CgroupMembers } from '../../kernel/cgroup/members.ts';
import { pathBelowMount } from '../../kernel/cgroup/path.ts';
import type { FdBudget } from '../../kernel/fd-budget.ts';
import { kernelCalls, type ResctrlCalls } from '../../kernel/resctrl/calls.ts';
import { chooseErrata, type RdtCpu } from '../../kernel/resctrl/errata.ts';
import { MonGroupWriter } from '../../kernel/resctrl/mon-group-writer.ts';
import { type MonitoredRdt, probeMonitoring } from '../../kernel/resctrl/probe.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import { Scratch } from '../../kernel/scratch.ts';
import type { OptionalSource } from '../ports.ts';
import { BandwidthBoard } from './bandwidth-board.ts';
import { RdtGroups } from './rdt-groups.ts';
import { ThreadLocator } from './rdt-locator.ts';
import { RdtSource } from './rdt-source.ts';

interface RdtOptions {
  readonly roots: KernelRoots;
  readonly layout: CgroupLayout;
  readonly cpu: RdtCpu;
  /** Release: `6.1.0-18-amd64`. */
  readonly kernel: string;
  /** Whether the operator of the host allows monitoring groups to be made. */
  readonly allowed: boolean;
  readonly budget: FdBudget;
  readonly clock: Clock;
  /** What changes resctrl; the kernel when absent. */
  readonly calls?: ResctrlCalls;
}

/**
 * RDT monitoring of a collector. Its sources, one a setting, share the monitoring groups: they are made for the first
 * and removed with the last one.
 */
export class RdtMonitoring {
  readonly #options: RdtOptions;
  readonly #scratch = new Scratch();
  /** Bandwidth of the targets that are monitored. */
  readonly board = new BandwidthBoard();
  #groups: RdtGroups | undefined;
  #users = 0;
  #syncSeconds = 0;

  constructor(options: RdtOptions) {
    this.#options = options;
  }

  /** Never throws: where the host cannot, the source says why and has no columns. */
  openSource({ perDomain }: { readonly perDomain: boolean }): OptionalSource {
    const { roots, cpu, kernel, budget, clock, allowed } = this.#options;
    const found: Reading<MonitoredRdt> = allowed ? probeMonitoring(roots, cpu) : { ok: false, error: notAllowed() };
    if (!found.ok) return absentSource(found.error);
    this.#groups ??= this.#makeGroups(found.value);
    this.#users += 1;
    return new RdtSource({
      found: found.value,
      groups: this.#groups,
      syncSeconds: () => this.#syncSeconds,
      errata: chooseErrata(cpu, kernel, found.value.monitoring.features),
      perDomain,
      board: this.board,
      budget,
      clock,
      scratch: this.#scratch,
      onClosed: () => this.#release(),
    });
  }

  #release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#groups?.close();
    this.#groups = undefined;
  }

  #makeGroups({ mount, monitoring }: MonitoredRdt): RdtGroups {
    const { roots, layout, clock, calls } = this.#options;
    const { mountPoint } = mount;
    const scratch = this.#scratch;
    return new RdtGroups({
      mountPoint,
      monitoring,
      clock,
      scratch,
      writer: new MonGroupWriter(mountPoint, calls ?? kernelCalls),
      members: new CgroupMembers(layout, scratch),
      locator: new ThreadLocator({ mountPoint, procfs: roots.procfs, scratch }),
      readInode: (path) => readInode(layout, path),
      onSpent: (seconds) => {
        this.#syncSeconds += seconds;
      },
    });
  }
}

/** Inode of a cgroup on the hierarchy that tells its threads. */
function readInode(layout: CgroupLayout, path: string): bigint | undefined {
  const hierarchy = layout.controller('cpu') ?? layout.controller('cpuacct') ?? layout.hierarchies[0];
  const below = hierarchy === undefined ? undefined : pathBelowMount(hierarchy, path);
  if (hierarchy === undefined || below === undefined) return undefined;
  try {
    return lstatSync(join(hierarchy.mountPoint, below), { bigint: true, throwIfNoEntry: false })?.ino;
  } catch {
    return undefined; // no path of a cgroup: too long, or through a file
  }
}

function notAllowed(): WcaError {
  return new WcaError('PERMISSION', {
    subject: 'rdt',
    message: 'monitoring groups may not be made on this host',
    remedy: "allow rdt-monitoring in the collector's configuration: --allow rdt-monitoring",
  });
}

function absentSource(error: WcaError): OptionalSource {
  return { name: 'rdt', platform: undefined, targets: undefined, unavailable: [error], notes: [], close: () => {} };
}
