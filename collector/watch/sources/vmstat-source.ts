import { join } from 'node:path';
import { nodesFolder, readNodeIds } from '../../kernel/numa/nodes.ts';
import { OnlineList } from '../../kernel/online-list.ts';
import { FieldFile } from '../../kernel/proc/field-file.ts';
import { nodeVmstatTable, vmstatTable } from '../../kernel/proc/vmstat-all.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import type { Scratch } from '../../kernel/scratch.ts';
import type { OptionalSource } from '../ports.ts';
import { FieldSource } from './field-source.ts';

/** Every field of /proc/vmstat, and of the vmstat of each NUMA node there is at the moment. */
export function openVmstatSource(roots: KernelRoots, scratch: Scratch): OptionalSource {
  const ids = readNodeIds(roots);
  const online = new OnlineList(join(nodesFolder(roots), 'online'), ids);
  const list = () => [
    new FieldFile({ path: join(roots.procfs, 'vmstat'), pieces: true, table: vmstatTable }),
    ...readNodeIds(roots).map((id) => {
      // One page, whole in one read, as all files of sysfs.
      const path = join(nodesFolder(roots), `node${id}`, 'vmstat');
      return new FieldFile({ path, pieces: false, table: nodeVmstatTable(id) });
    }),
  ];
  const hasChanged = () => online.hasChanged(scratch);
  return new FieldSource('vmstat', { list, hasChanged, close: () => online.close() }, scratch);
}
