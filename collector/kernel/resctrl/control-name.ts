import { faultOfControlName } from '../../../shared/kernel-text/control-group-name.ts';
import { isOwnName } from './group-name.ts';

/** Why a request may not name this group; undefined when it may. The empty name is the root group. */
export function findNameFault(name: string): string | undefined {
  // They are never in the same folder, but a reader would take one for the other.
  return isOwnName(name) ? 'begins like the monitoring groups of WCA' : faultOfControlName(name);
}
