import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { RdtPolicy } from '../../collector/apply/rdt/context.ts';
import { readCgroupLayout } from '../../collector/kernel/cgroup/layout.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeResctrl } from './fake-resctrl.ts';
import { RdtDriver } from './rdt-driver.ts';

interface BenchOptions {
  readonly machine?: ConstructorParameters<typeof FakeResctrl>[0];
  readonly policy?: Partial<RdtPolicy>;
}

/** RDT allocation of a fake machine. */
export class RdtAllocationBench extends RdtDriver {
  readonly fake: FakeResctrl;

  constructor({ machine, policy }: BenchOptions = {}) {
    const fake = new FakeResctrl({ bandwidth: 'percent', ...machine });
    super({
      roots: fake.roots,
      layout: readCgroupLayout(fake.roots),
      vendor: 'GenuineIntel',
      clock: new FakeClock(),
      policy: { rootGroup: false, foreignGroups: false, ...policy },
      readInode: (path) => readBirth(join(fake.cgroups, path)),
      calls: fake.calls,
    });
    this.fake = fake;
  }

  /** Control groups but the root. */
  get groups(): readonly string[] {
    return this.fake.controlGroups;
  }

  remove(): void {
    this.fake.remove();
  }
}

/** Instead of the inode, since a file system may give one twice. */
function readBirth(folder: string): bigint | undefined {
  return statSync(folder, { bigint: true, throwIfNoEntry: false })?.birthtimeNs;
}
