import { catalog } from '../../../shared/metrics/catalog.ts';
import { ignoredProperties, oldProperties } from '../../storages/kafka/librdkafka.ts';

/** What happens to one entry of a mapping. */
export type Migration =
  | { readonly kind: 'rename'; readonly to: string; readonly why: string }
  | { readonly kind: 'remove'; readonly why: string }
  | { readonly kind: 'value'; readonly to: string; readonly why: string };

/** `text`: the value when it is a scalar, as written without quotes. undefined: it stays. */
export type MigrationRule = (text: string | undefined) => Migration | undefined;

const rename =
  (to: string, why: string): MigrationRule =>
  () => ({ kind: 'rename', to, why });
const remove =
  (why: string): MigrationRule =>
  () => ({ kind: 'remove', why });
const replace =
  (from: string, to: string, why: string): MigrationRule =>
  (text) =>
    text === from ? { kind: 'value', to, why } : undefined;

const notOfMeasurement = remove('!MeasurementRunner has no such storage; the original refused it as well');

/**
 * What the original's seed and HEAD wrote differently, beyond the old names that the components declare themselves:
 * tag → parameter → rule (spec config §3, §8).
 */
export const parameterMigrations: Readonly<Record<string, Readonly<Record<string, MigrationRule>>>> = {
  MeasurementRunner: {
    wss_reset_interval: (text) =>
      text !== undefined && /^[1-9]\d*$/.test(text)
        ? { kind: 'rename', to: 'wss_reset_cycles', why: 'the name of the latest original' }
        : { kind: 'remove', why: 'it is off, as it is without it' },
    anomalies_storage: notOfMeasurement,
    allocations_storage: notOfMeasurement,
  },
  DetectionRunner: { allocator: rename('detector', 'the documentation of the original misnamed it') },
  NUMAAllocator: {
    cgroups_cpus_binding: remove('never had an effect'),
    algorithm: replace('minimize_migrations', 'minimize_migration', 'the documentation of the original misspelt it'),
  },
};

/** Tags of the original's enums: `!CgroupDriverType systemd` is `systemd`. */
export const enumTags: ReadonlySet<string> = new Set(['!CgroupDriverType', '!NUMAAlgorithm']);

/** Old names of librdkafka and what is ignored anyway: property of `extra_config` → rule. */
export const librdkafkaMigrations: Readonly<Record<string, MigrationRule>> = {
  ...Object.fromEntries(
    Object.entries(oldProperties).map(([old, present]) => [old, rename(present, 'the name of it here')]),
  ),
  ...Object.fromEntries(ignoredProperties.map((name) => [name, remove('brokers_ips and ssl decide')])),
};

/** `instructions` → `task_instructions`: names of events before the original prefixed them. undefined: it stays. */
export function migrateEventName(name: string): string | undefined {
  const prefixed = `task_${name}`;
  return !name.startsWith('task_') && !name.includes('__r') && catalog.has(prefixed) ? prefixed : undefined;
}

/** What the latest original had as defaults and WCA has not: parameter → YAML. */
export const headDefaults: Readonly<Record<string, string>> = {
  zoneinfo: 'true',
  vmstat: 'true',
  gather_hw_mm_topology: 'null',
  task_label_generators: '{}',
};
