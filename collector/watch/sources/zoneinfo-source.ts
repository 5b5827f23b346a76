import { join } from 'node:path';
import { FieldFile } from '../../kernel/proc/field-file.ts';
import { zoneinfoTable } from '../../kernel/proc/zoneinfo.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import type { Scratch } from '../../kernel/scratch.ts';
import type { OptionalSource } from '../ports.ts';
import { FieldSource } from './field-source.ts';

/** Every `name value` field of /proc/zoneinfo, which tells of all nodes and zones itself. */
export function openZoneinfoSource(roots: KernelRoots, scratch: Scratch): OptionalSource {
  const list = () => [new FieldFile({ path: join(roots.procfs, 'zoneinfo'), pieces: true, table: zoneinfoTable })];
  return new FieldSource('zoneinfo', { list, hasChanged: () => false, close: () => {} }, scratch);
}
