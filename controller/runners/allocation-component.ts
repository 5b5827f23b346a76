import { WcaError } from '../../shared/errors/wca-error.ts';
import { defaultAllocationConfiguration } from '../allocators/allocation-configuration.ts';
import { defineComponent } from '../config/component.ts';
import { optional, required, withDefault } from '../config/parameters.ts';
import { bool, component, numeric, oneOf } from '../config/types.ts';
import { LogStorage } from '../storages/log-storage.ts';
import { AllocationRunner } from './allocation-runner.ts';
import { AllocationStep } from './allocation-step.ts';
import { MeasurementRunner } from './measurement-runner.ts';

/** `!AllocationRunner` with the original's parameters (spec allocation §5.3) and those of ours. */
export const allocationRunner = defineComponent({
  tag: 'AllocationRunner',
  kind: 'runner',
  since: 'seed',
  doc: 'Measures, asks an allocator what each task shall get, and has the collector apply it.',
  parameters: {
    measurement_runner: required(component('runner'), { doc: 'What measures: a !MeasurementRunner.' }),
    allocator: required(component('allocator'), { doc: 'Who decides.' }),
    allocations_storage: optional(component('storage'), {
      doc: 'Where metrics of allocations go.',
      defaultDoc: '!LogStorage {}: text to stderr',
    }),
    anomalies_storage: optional(component('storage'), {
      doc: 'Where anomalies go that the allocator found.',
      defaultDoc: '!LogStorage {}: text to stderr',
    }),
    rdt_mb_control_required: withDefault(bool(), false, {
      doc: 'End with status 1 where memory bandwidth cannot be throttled.',
    }),
    rdt_cache_control_required: withDefault(bool(), false, {
      doc: 'End with status 1 where the cache cannot be divided.',
    }),
    remove_all_resctrl_groups: withDefault(bool(), false, {
      doc: 'Of the original: removed the control groups of everybody at start. WCA removes its own when they are not needed and leaves those of others; true is ignored with a warning.',
    }),
    lease_seconds: optional(numeric(1, 3600), {
      doc: 'Original values come back when the controller has not been heard of for so long. Null: allocations stay, as in the original.',
      unit: 'seconds',
    }),
    restore_on_exit: withDefault(bool(), false, { doc: 'Put the original values back when the controller stops.' }),
    dry_run: withDefault(bool(), false, { doc: 'Write nothing; log what would be written.' }),
    on_drift: withDefault(oneOf(['respect', 'reassert']), 'respect', {
      doc: 'What to do with a value that somebody else changed since it was allocated: leave it and say so, or overwrite it.',
    }),
    changeset_tolerance: optional(numeric(0, 1), {
      doc: 'Quotas and shares that differ by no more than this, in normalised units, are left: 0.05 as in the original. Null: what would be written is compared.',
    }),
    allocator_timeout: withDefault(numeric(0.1, 60), 5, {
      doc: 'An allocator that takes longer has failed.',
      unit: 'seconds',
    }),
  },
  example: `!AllocationRunner
  measurement_runner: !MeasurementRunner
    node: !StaticNode {tasks: [batch/job1]}
    allocation_configuration: !AllocationConfiguration {cpu_quota_period: 100000}
  allocator: !StaticAllocator
    rules:
      - allocations: {cpu_quota: 0.5}
  lease_seconds: 30`,
  create(args) {
    const runner = args.measurement_runner;
    if (!(runner instanceof MeasurementRunner)) {
      throw new WcaError('INVALID_CONFIG', { subject: 'measurement_runner', message: 'must be a !MeasurementRunner' });
    }
    const warnings = [
      ...(args.remove_all_resctrl_groups
        ? ['remove_all_resctrl_groups is ignored: control groups of others are never removed']
        : []),
    ];
    const required = [
      ...(args.rdt_cache_control_required ? ['rdt.cache_control'] : []),
      ...(args.rdt_mb_control_required ? ['rdt.bandwidth_control'] : []),
    ];
    const step = new AllocationStep({
      allocator: args.allocator,
      allocationsStorage: args.allocations_storage ?? new LogStorage({ stream: 'stderr' }),
      anomaliesStorage: args.anomalies_storage ?? new LogStorage({ stream: 'stderr' }),
      metricsStorage: runner.metricsStorage,
      configuration: runner.allocationUnits ?? defaultAllocationConfiguration,
      required,
      leaseSeconds: args.lease_seconds,
      restoreOnExit: args.restore_on_exit,
      dryRun: args.dry_run,
      reassert: args.on_drift === 'reassert',
      tolerance: args.changeset_tolerance,
      timeoutSeconds: args.allocator_timeout,
    });
    return new AllocationRunner(runner, step, { warnings, required });
  },
});
