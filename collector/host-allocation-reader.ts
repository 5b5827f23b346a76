import type { CurrentValue } from '../shared/allocation/values.ts';
import type { AllocationParts } from './allocation-parts.ts';
import { CgroupCurrentPass } from './apply/cgroup/current.ts';
import { readCgroupIdentity } from './kernel/cgroup/identity.ts';
import type { CgroupLayout } from './kernel/cgroup/layout.ts';
import { noAllocations } from './watch/current-allocations.ts';
import type { AllocationPass, AllocationReader, MeasuredTarget } from './watch/ports.ts';

export interface HostAllocationReaderOptions {
  readonly layout: CgroupLayout;
  readonly parts: Pick<AllocationParts, 'rdt' | 'pages'>;
  readonly revision: (path: string) => number;
}

/** What is allocated on this host: control files, control groups of resctrl, page migrations. */
export class HostAllocationReader implements AllocationReader {
  readonly #options: HostAllocationReaderOptions;

  constructor(options: HostAllocationReaderOptions) {
    this.#options = options;
  }

  begin(): AllocationPass {
    const { layout, parts } = this.#options;
    const rdt = parts.rdt.openPass();
    const files = new CgroupCurrentPass(layout);
    return {
      read: ({ path, cgroups }: MeasuredTarget) => {
        const identity = readCgroupIdentity(layout, path);
        if (identity === undefined) return noAllocations;
        const target = { id: path, path, children: cgroups.filter((cgroup) => cgroup !== path) };
        const group = rdt.read(target);
        const values = [...files.read(target), ...(group === undefined ? [] : [group])];
        return { identity, values: [...values, ...this.#migration(path)] };
      },
      close: () => files.close(),
    };
  }

  revision(path: string): number {
    return this.#options.revision(path);
  }

  #migration(path: string): readonly CurrentValue[] {
    const found = this.#options.parts.pages.progress(path);
    if (found === undefined) return [];
    const { node, ...progress } = found;
    return [{ value: { type: 'migrate_pages', node, bulk: false }, raw: `node ${node}`, progress }];
  }
}
