import type { AllocationType } from '../shared/allocation/values.ts';
import { type Reading, WcaError } from '../shared/errors/wca-error.ts';
import type { Capability } from './kernel/platform/capabilities.ts';

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

/** Capabilities that take a permission. */
const needs: Readonly<Record<string, Permission>> = {
  'rdt.monitoring': 'rdt-monitoring',
  'rdt.llc_occupancy': 'rdt-monitoring',
  'rdt.mbm_total': 'rdt-monitoring',
  'rdt.mbm_local': 'rdt-monitoring',
};

/** What the host can do, less what its operator does not allow. */
export function withoutForbidden(
  capabilities: readonly Capability[],
  allowed: ReadonlySet<Permission>,
): readonly Capability[] {
  return capabilities.map((capability) => {
    const needed = needs[capability.name];
    if (!capability.available || needed === undefined || allowed.has(needed)) return capability;
    const remedy = `start the collector with --allow ${needed}, or "allow": ["${needed}"] in its configuration`;
    return { ...capability, available: false, reason: `the collector may not ${permissions[needed]}`, remedy };
  });
}

/** Names of capabilities of one type of allocation. */
const capabilitiesOfRdt: readonly string[] = ['allocation.rdt_l3', 'allocation.rdt_mb'];

/** What the host can do, less the allocations that this collector cannot or may not make. */
export function withoutAllocation(
  capabilities: readonly Capability[],
  { facade, types }: { readonly facade: Reading<unknown>; readonly types: readonly AllocationType[] },
): readonly Capability[] {
  return capabilities.map((capability) => {
    const { name, available } = capability;
    if (!available || !name.startsWith('allocation.')) return capability;
    if (!facade.ok) {
      const { subject, message, remedy = '' } = facade.error;
      return { name, available: false, reason: `${subject}: ${message}`, remedy };
    }
    const type = capabilitiesOfRdt.includes(name) ? 'rdt' : name.slice('allocation.'.length);
    if (types.some((allowed) => allowed === type)) return capability;
    const remedy = `add "${type}" to allocate.types of the collector's configuration`;
    return { name, available: false, reason: `the policy of the collector does not allow ${type}`, remedy };
  });
}

function isPermission(name: string): name is Permission {
  return Object.hasOwn(permissions, name);
}
