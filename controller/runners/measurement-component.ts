import { WcaError } from '../../shared/errors/wca-error.ts';
import { allocationConfiguration } from '../allocators/allocation-configuration.ts';
import { config, defineComponent } from '../config/component.ts';
import { optional, required, withDefault } from '../config/parameters.ts';
import { bool, component, int, list, map, numeric, str } from '../config/types.ts';
import { defaultLabelGenerators } from '../labels/label-tasks.ts';
import { labelsProblem } from '../model/metric-rules.ts';
import { LogStorage } from '../storages/log-storage.ts';
import { MeasurementRunner } from './measurement-runner.ts';
import { chooseOptional, optionalParameters } from './optional-measurements.ts';

/** `!MeasurementRunner` with the parameters of the original's seed and HEAD (spec config §3.2). */
export const measurementRunner = defineComponent({
  tag: 'MeasurementRunner',
  kind: 'runner',
  since: 'seed',
  doc: 'Measures the tasks of this host and the platform, once an interval, and stores the metrics.',
  parameters: {
    node: required(component('node'), { doc: 'Which tasks run on this host.' }),
    metrics_storage: optional(component('storage'), {
      doc: 'Where all metrics go.',
      defaultDoc: '!LogStorage {}: text to stderr',
    }),
    interval: withDefault(numeric(0, 60), 1.0, {
      doc: 'From one measurement to the next, on an absolute grid. The collector measures at most every 0.1 s: less means 0.1.',
      unit: 'seconds',
      nullIsDefault: true,
    }),
    event_names: withDefault(list(str()), [], {
      doc: 'perf events to count for each task: names of docs/metrics.md, or raw events `name__rEEUU[CC[config1]]` or `name__raw/config=0x…,config1=0x…/`. The single name `default` takes hardware events where the machine has them, software events elsewhere. Empty: perf is off.',
      nullIsDefault: true,
    }),
    perf_aggregate_cpus: withDefault(bool(), true, {
      doc: 'Add perf events up over the CPUs. false: one series a CPU, with the label `cpu`; what is derived of them as well.',
    }),
    enable_derived_metrics: withDefault(bool(), false, {
      doc: 'Also what follows from counters: task_ipc, task_ips, task_cache_hit_ratio, task_cache_misses_per_kilo_instructions, and bandwidths and latencies of the platform from the uncore events. Each where its events are counted.',
    }),
    extra_labels: withDefault(map(str()), new Map<string, string>(), {
      doc: 'Labels added to every metric. Values are strings: quote numbers.',
      nullIsDefault: true,
    }),
    include_optional_labels: withDefault(bool(), false, {
      doc: 'Add sockets, cores, cpus, cpu_model, cpu_model_number and wca_version to every metric. They are on wca_information anyway.',
    }),
    task_label_generators: optional(map(component('labels')), {
      doc: 'More task labels: label → generator. A label that the task has already is kept. {} switches the default ones off.',
      defaultDoc: 'application (the task name), application_version_name (empty)',
    }),
    costly_interval: withDefault(int({ min: 1, max: 3600 }), 1, {
      doc: 'memory.stat and memory.numa_stat, which cost more than all other files together, are read in every n-th iteration; their last values stand in between.',
      unit: 'iterations',
    }),
    discovery_timeout: withDefault(numeric(0.1, 60), 5, {
      doc: 'After this long an attempt to list the tasks counts as failed.',
      unit: 'seconds',
    }),
    discovery_keep: withDefault(numeric(1, 3600), 60, {
      doc: 'While the tasks cannot be listed, the last list stays in force for this long.',
      unit: 'seconds',
    }),
    allocation_configuration: optional(config(allocationConfiguration), {
      doc: 'Constants of allocations, for an AllocationRunner around this one.',
      defaultDoc: '!AllocationConfiguration {}',
    }),
    ...optionalParameters,
  },
  aliases: { action_delay: 'interval' },
  example: `!MeasurementRunner
  node: !CgroupNode {}
  interval: 1.0
  event_names: [default]
  enable_derived_metrics: true
  metrics_storage: !PrometheusStorage {}`,
  create(args) {
    const problem = labelsProblem(Object.fromEntries(args.extra_labels));
    if (problem !== undefined) throw new WcaError('INVALID_CONFIG', { subject: 'extra_labels', message: problem });
    return new MeasurementRunner({
      node: args.node,
      metricsStorage: args.metrics_storage ?? new LogStorage({ stream: 'stderr' }),
      intervalSeconds: args.interval,
      extraLabels: Object.fromEntries(args.extra_labels),
      eventNames: args.event_names,
      perfAggregateCpus: args.perf_aggregate_cpus,
      enableDerivedMetrics: args.enable_derived_metrics,
      labelGenerators: args.task_label_generators ?? defaultLabelGenerators(),
      includeOptionalLabels: args.include_optional_labels,
      costlyInterval: args.costly_interval,
      discoveryTimeoutSeconds: args.discovery_timeout,
      discoveryKeepSeconds: args.discovery_keep,
      optional: chooseOptional(args),
      allocation: args.allocation_configuration,
    });
  },
});
