import { WcaError } from '../shared/errors/wca-error.ts';

/** Writes to the kernel that are no allocations. Each is off unless the operator of the host allows it. */
export const permissions = {
  'rdt-monitoring': 'make monitoring groups in resctrl and move the threads of targets into them',
  'wss-reset': 'clear the referenced bits of the processes of targets (/proc/PID/clear_refs)',
} as const;

export type Permission = keyof typeof permissions;

/** Throws INVALID_ARGUMENT naming the known ones. */
export function parsePermissions(names: readonly string[], subject: string): ReadonlySet<Permission> {
  const allowed = new Set<Permission>();
  for (const name of names) {
    if (!isPermission(name)) {
      throw new WcaError('INVALID_ARGUMENT', {
        subject,
        message: `there is nothing called ${JSON.stringify(name)} to allow`,
        remedy: `known are ${Object.keys(permissions).join(', ')}`,
      });
    }
    allowed.add(name);
  }
  return allowed;
}

function isPermission(name: string): name is Permission {
  return Object.hasOwn(permissions, name);
}
