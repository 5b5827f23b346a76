import type { Labels } from '../model/metric.ts';
import type { Deltas } from './deltas.ts';

/** A derived value of the platform. */
export interface DerivedSample {
  readonly metric: string;
  readonly labels: Labels;
  readonly value: number;
}

/** DRAM and persistent memory are read and written in these. */
const bytesPerAccess = 64;
/** A cache line takes so many flits on UPI. */
const flitsPerLine = 9;

/** A PMU of a socket and what its counters grew by, by metric. */
interface Leaf {
  readonly labels: Labels;
  readonly grown: ReadonlyMap<string, number>;
}

const counters: readonly string[] = [
  'platform_cas_count_reads',
  'platform_cas_count_writes',
  'platform_pmm_bandwidth_reads',
  'platform_pmm_bandwidth_writes',
  'platform_upi_rxl_flits',
  'platform_upi_txl_flits',
  'platform_rpq_occupancy',
  'platform_rpq_inserts',
  'platform_imc_clockticks',
];

/**
 * Throughputs and latencies of memory controllers and links (spec measurements §4.6). Nothing for the first snapshot;
 * a metric only where all its events are counted, did not fall, and are not divided by zero. Unlike the original
 * persistent memory needs no DRAM events, and the latency is that of the interval and not of all time. `pmu_type` leaves
 * keep the labels of their columns, the same object as long as the schema lasts.
 */
export function deriveUncoreMetrics(deltas: Deltas): readonly DerivedSample[] {
  const { seconds } = deltas;
  if (seconds === undefined) return [];
  const leaves = leavesOf(deltas);
  return [...leaves.flatMap((leaf) => deriveLeaf(leaf, seconds)), ...deriveLatencies(leaves, seconds)];
}

function leavesOf(deltas: Deltas): readonly Leaf[] {
  const leaves = new Map<string, { labels: Labels; grown: Map<string, number> }>();
  for (const metric of counters) {
    for (const { labels, value } of deltas.platformGrowth(metric)) {
      const key = `${labels['socket'] ?? ''} ${labels['pmu_type'] ?? ''}`;
      const leaf = leaves.get(key) ?? { labels, grown: new Map() };
      leaf.grown.set(metric, value);
      leaves.set(key, leaf);
    }
  }
  return [...leaves.values()];
}

function deriveLeaf({ labels, grown }: Leaf, seconds: number): readonly DerivedSample[] {
  const rateOf = (metric: string): number | undefined => {
    const accesses = grown.get(metric);
    return accesses === undefined ? undefined : (accesses * bytesPerAccess) / seconds;
  };
  const dramReads = rateOf('platform_cas_count_reads');
  const dramWrites = rateOf('platform_cas_count_writes');
  const pmmReads = rateOf('platform_pmm_bandwidth_reads');
  const pmmWrites = rateOf('platform_pmm_bandwidth_writes');
  const dram = sum(dramReads, dramWrites);
  const pmm = sum(pmmReads, pmmWrites);
  const flits = sum(grown.get('platform_upi_rxl_flits'), grown.get('platform_upi_txl_flits'));
  const values: Readonly<Record<string, number | undefined>> = {
    platform_dram_reads_bytes_per_second: dramReads,
    platform_dram_writes_bytes_per_second: dramWrites,
    platform_dram_total_bytes_per_second: dram,
    platform_pmm_reads_bytes_per_second: pmmReads,
    platform_pmm_writes_bytes_per_second: pmmWrites,
    platform_pmm_total_bytes_per_second: pmm,
    platform_dram_hit_ratio: ratio(dram, sum(dram, pmm)),
    platform_upi_bandwidth_bytes_per_second:
      flits === undefined ? undefined : (flits / seconds / flitsPerLine) * bytesPerAccess,
  };
  return Object.entries(values).flatMap(([metric, value]) => (value === undefined ? [] : [{ metric, labels, value }]));
}

interface Queue {
  occupancy: number;
  inserts: number;
  clockticks: number;
  channels: number;
}

/**
 * By socket: mean occupancy over inserts is a read's time in clock ticks; clock ticks a second are those of one channel.
 * Channels that lack one of the three count for nothing.
 */
function deriveLatencies(leaves: readonly Leaf[], seconds: number): readonly DerivedSample[] {
  const queues = new Map<string, Queue>();
  for (const { labels, grown } of leaves) {
    const { socket } = labels;
    const occupancy = grown.get('platform_rpq_occupancy');
    const inserts = grown.get('platform_rpq_inserts');
    const clockticks = grown.get('platform_imc_clockticks');
    if (socket === undefined || occupancy === undefined || inserts === undefined || clockticks === undefined) continue;
    const queue = queues.get(socket) ?? { occupancy: 0, inserts: 0, clockticks: 0, channels: 0 };
    queue.occupancy += occupancy;
    queue.inserts += inserts;
    queue.clockticks += clockticks;
    queue.channels += 1;
    queues.set(socket, queue);
  }
  return [...queues].flatMap(([socket, { occupancy, inserts, clockticks, channels }]) => {
    const ticksPerSecond = clockticks / channels / seconds;
    const value = ratio(ratio(occupancy, inserts), ticksPerSecond);
    return value === undefined ? [] : [{ metric: 'platform_rpq_read_latency_seconds', labels: { socket }, value }];
  });
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function ratio(numerator: number | undefined, denominator: number | undefined): number | undefined {
  if (numerator === undefined || denominator === undefined || denominator <= 0) return undefined;
  return numerator / denominator;
}
