import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricExporter } from '../../../../controller/runners/export-metrics.ts';
import { FieldFilter } from '../../../../controller/runners/field-filter.ts';
import { ExpositionFormatter } from '../../../../controller/storages/exposition.ts';
import type { Column, ColumnValues } from '../../../../shared/rpc/watch-messages.ts';
import { columnOf, f64, rosterOf, schemaOf, snapshotOf, u64 } from '../../../kit/snapshots.ts';

/** Columns of the optional measurements in the text format: names, TYPE, order of labels and of series, numbers. */

type Cell = readonly [Column, bigint | number | undefined];

const uncore = (metric: string, socket: number, pmu: number, value: bigint): Cell => [
  u64(metric, { socket: String(socket), pmu_type: String(pmu) }),
  value,
];

const platform: readonly Cell[] = [
  uncore('platform_cas_count_reads', 1, 17, 2n ** 63n + 1n),
  uncore('platform_cas_count_reads', 0, 17, 5n),
  uncore('platform_cas_count_reads', 0, 9, 6n),
  uncore('my_reads', 0, 17, 7n),
  [f64('platform_scaling_uncore_factor', { socket: '0', pmu_type: '17' }), 1.5],
  [u64('platform_zoneinfo', { numa_node: '2', zone: 'Normal', key: 'nr_free_pages' }), 9_007_199_254_740_993n],
  [u64('platform_zoneinfo', { numa_node: '0', zone: 'per-node-stats', key: 'nr_mapped' }), 2763n],
  [u64('platform_node_vmstat', { numa_node: '0', key: 'say "hi"\\\n' }), 0n],
  [f64('platform_dimm_speed_bytes_per_second'), 23_466_666_666.666668],
  [u64('platform_dimm_count', { dimm_type: 'ram' }), 12n],
  [f64('platform_nvdimm_read_bandwidth_bytes_per_second', { socket: '0' }), undefined],
  [f64('wca_wss_seconds'), 6e-7],
];
const target: readonly Cell[] = [
  [u64('task_llc_occupancy_bytes'), 1_572_864n],
  [u64('task_llc_occupancy_domain_bytes', { domain_id: '10' }), 524_288n],
  [u64('task_llc_occupancy_domain_bytes', { domain_id: '2' }), 1_048_576n],
  [f64('task_sched_stat', { key: 'se.sum_exec_runtime' }), 25],
  [u64('task_sched_stat_numa_faults', { numa_node: '0', fault_type: 'task_shared' }), 2n],
  [f64('task_wss_measure_overhead_seconds'), 0.25],
];

const valuesOf = (cells: readonly Cell[]): readonly ColumnValues[] => cells.map(([, value]) => columnOf([value]));

function textOf(): readonly string[] {
  const exporter = new MetricExporter({
    commonLabels: { host: 'n1' },
    fields: new FieldFilter({ sched: true, vmstat: true, zoneinfo: true }),
  });
  const task = { id: 't', name: 't', cgroupPath: '/t', subcgroupPaths: [], labels: { task_id: 't' }, resources: {} };
  const batch = exporter.export({
    schema: schemaOf(
      platform.map(([column]) => column),
      target.map(([column]) => column),
    ),
    roster: rosterOf('t'),
    snapshot: snapshotOf({ platform: valuesOf(platform), targets: valuesOf(target), rows: 1 }),
    tasks: new Map([['t', task]]),
    derived: [],
    internal: [],
    timestampMs: 0,
  });
  assert.deepEqual(batch.refused, []);
  const text = new ExpositionFormatter({ format: 'text', timestamps: false }).format(batch).toString('utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('# HELP'));
}

test('every column becomes its line, absent values none', () => {
  const own = /^(# TYPE )?(task_(up|last_seen|subcontainers|requested_\w+)|platform_last_seen)\b/;
  assert.deepEqual(
    textOf().filter((line) => !own.test(line)),
    [
      '# TYPE my_reads counter',
      'my_reads{host="n1",pmu_type="17",socket="0"} 7',
      '# TYPE platform_cas_count_reads counter',
      'platform_cas_count_reads{host="n1",pmu_type="9",socket="0"} 6',
      'platform_cas_count_reads{host="n1",pmu_type="17",socket="0"} 5',
      'platform_cas_count_reads{host="n1",pmu_type="17",socket="1"} 9223372036854775809',
      '# TYPE platform_dimm_count gauge',
      'platform_dimm_count{dimm_type="ram",host="n1"} 12',
      '# TYPE platform_dimm_speed_bytes_per_second gauge',
      'platform_dimm_speed_bytes_per_second{host="n1"} 23466666666.666668',
      '# TYPE platform_node_vmstat counter',
      String.raw`platform_node_vmstat{host="n1",key="say \"hi\"\\\n",numa_node="0"} 0`,
      '# TYPE platform_scaling_uncore_factor gauge',
      'platform_scaling_uncore_factor{host="n1",pmu_type="17",socket="0"} 1.5',
      '# TYPE platform_zoneinfo gauge',
      'platform_zoneinfo{host="n1",key="nr_free_pages",numa_node="2",zone="Normal"} 9007199254740993',
      'platform_zoneinfo{host="n1",key="nr_mapped",numa_node="0",zone="per-node-stats"} 2763',
      '# TYPE task_llc_occupancy_bytes gauge',
      'task_llc_occupancy_bytes{host="n1",task_id="t"} 1572864',
      '# TYPE task_llc_occupancy_domain_bytes gauge',
      'task_llc_occupancy_domain_bytes{domain_id="2",host="n1",task_id="t"} 1048576',
      'task_llc_occupancy_domain_bytes{domain_id="10",host="n1",task_id="t"} 524288',
      '# TYPE task_sched_stat gauge',
      'task_sched_stat{host="n1",key="se.sum_exec_runtime",task_id="t"} 25',
      '# TYPE task_sched_stat_numa_faults gauge',
      'task_sched_stat_numa_faults{fault_type="task_shared",host="n1",numa_node="0",task_id="t"} 2',
      '# TYPE task_wss_measure_overhead_seconds counter',
      'task_wss_measure_overhead_seconds{host="n1",task_id="t"} 0.25',
      '# TYPE wca_wss_seconds counter',
      'wca_wss_seconds{host="n1"} 6e-7',
    ],
  );
});
