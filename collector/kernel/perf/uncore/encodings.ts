/**
 * Encodings of the named events by micro-architecture; spec measurements §4.3, linux tools/perf/pmu-events/arch/x86
 * (broadwellx, cascadelakex, icelakex, sapphirerapids, graniterapids, amdzen4, amdzen5).
 */

/** An event's value is the sum of these: controllers with sub-channels or pseudo channels count them one by one. */
export type Codes = readonly (readonly [event: number, umask: number])[];

/** Metric → codes; no codes: this CPU has no such thing, and that is not a lack. */
type ModelEvents = Readonly<Record<string, Codes>>;

const cas = (reads: Codes, writes: Codes): ModelEvents => ({
  platform_cas_count_reads: reads,
  platform_cas_count_writes: writes,
});

/** Persistent memory: Cascade Lake to Sapphire Rapids. */
const pmm: ModelEvents = {
  platform_pmm_bandwidth_reads: [[0xe3, 0]],
  platform_pmm_bandwidth_writes: [[0xe7, 0]],
};

const noPmm: ModelEvents = { platform_pmm_bandwidth_reads: [], platform_pmm_bandwidth_writes: [] };

/** Other links between sockets, or none. */
const noUpi: ModelEvents = { platform_upi_rxl_flits: [], platform_upi_txl_flits: [] };

const upi: ModelEvents = {
  platform_upi_rxl_flits: [[0x03, 0x0f]],
  platform_upi_txl_flits: [[0x02, 0x0f]],
};

const broadwellX: ModelEvents = { ...cas([[0x04, 0x03]], [[0x04, 0x0c]]), ...noPmm, ...noUpi };

const skylakeX: ModelEvents = {
  ...broadwellX,
  ...pmm,
  ...upi,
  platform_rpq_occupancy: [[0x80, 0]],
  platform_rpq_inserts: [[0x10, 0]],
  platform_imc_clockticks: [[0x00, 0]],
};

/** Two pseudo channels. */
const iceLakeX: ModelEvents = {
  ...skylakeX,
  ...cas([[0x04, 0x0f]], [[0x04, 0x30]]),
  platform_rpq_occupancy: [
    [0x80, 0],
    [0x81, 0],
  ],
  platform_rpq_inserts: [
    [0x10, 0x01],
    [0x10, 0x02],
  ],
};

const sapphireRapids: ModelEvents = {
  ...iceLakeX,
  ...cas([[0x05, 0xcf]], [[0x05, 0xf0]]),
  platform_imc_clockticks: [[0x01, 0x01]],
};

/** Two sub-channels of two pseudo channels. */
const graniteRapids: ModelEvents = {
  ...sapphireRapids,
  ...noPmm,
  ...cas(
    [
      [0x05, 0xcf],
      [0x06, 0xcf],
    ],
    [
      [0x05, 0xf0],
      [0x06, 0xf0],
    ],
  ),
  platform_rpq_occupancy: [
    [0x80, 0],
    [0x81, 0],
    [0x82, 0],
    [0x83, 0],
  ],
  platform_rpq_inserts: [
    [0x10, 0x50],
    [0x10, 0xa0],
  ],
};

/** By the names of platform/code-name.ts. */
export const intelEvents: Readonly<Record<string, ModelEvents>> = {
  'broadwell-x': broadwellX,
  'skylake-x': skylakeX,
  'cascade-lake': skylakeX,
  'cooper-lake': skylakeX,
  'ice-lake-x': iceLakeX,
  'sapphire-rapids': sapphireRapids,
  'emerald-rapids': { ...sapphireRapids, ...noPmm },
  'granite-rapids': graniteRapids,
  // The same memory controllers; linux uncore_snbep.c, gnr_uncore_imc.
  'sierra-forest': graniteRapids,
};

/** PMU kind of AMD's memory controllers since Zen 4, Linux 6.8. The mask is `rdwrmask`: 1 reads, 2 writes. */
export const amdUmc = 'amd_umc';
export const amdUmcEvents: ModelEvents = {
  ...cas([[0x0a, 0x01]], [[0x0a, 0x02]]),
  ...noPmm,
  ...noUpi,
  platform_imc_clockticks: [[0x00, 0]],
};

/** Kind of the PMUs that count a named event on Intel's CPUs. */
export function intelPmuOf(metric: string): string {
  return metric.startsWith('platform_upi_') ? 'uncore_upi' : 'uncore_imc';
}

/** Names under which the kernel itself describes an event on CPUs that WCA does not know: the first list that is there. */
export const kernelEventNames: Readonly<Record<string, readonly (readonly string[])[]>> = {
  // On Granite Rapids the kernel also had cas_count_read, which is one of two sub-channels.
  platform_cas_count_reads: [['cas_count_read_sch0', 'cas_count_read_sch1'], ['cas_count_read']],
  platform_cas_count_writes: [['cas_count_write_sch0', 'cas_count_write_sch1'], ['cas_count_write']],
};
