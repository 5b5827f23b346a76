/** What one iteration costs with `n` tasks. Medians over the rounds. */
export interface Figures {
  readonly scenario: string;
  readonly n: number;
  readonly collectorCpuMs: number;
  readonly controllerCpuMs: number;
  /** undefined where there is no C compiler. */
  readonly floorCpuMs: number | undefined;
  readonly collectorRssMb: number;
  readonly controllerRssMb: number;
  /** From the tick to the end of the collector's work. */
  readonly wallMs: number;
  /** From collector to controller. */
  readonly wireBytes: number;
}

/** A table for people. */
export function formatFigures(figures: readonly Figures[]): string {
  const head = [
    'scenario',
    'tasks',
    'collector ms',
    'controller ms',
    'floor ms',
    'collector/floor',
    'total/floor',
    'RSS MB',
    'wall ms',
    'wire kB',
  ];
  const rows = figures.map((f) => [
    f.scenario,
    String(f.n),
    f.collectorCpuMs.toFixed(2),
    f.controllerCpuMs.toFixed(2),
    f.floorCpuMs?.toFixed(2) ?? '-',
    f.floorCpuMs === undefined ? '-' : (f.collectorCpuMs / f.floorCpuMs).toFixed(2),
    f.floorCpuMs === undefined ? '-' : ((f.collectorCpuMs + f.controllerCpuMs) / f.floorCpuMs).toFixed(2),
    `${f.collectorRssMb.toFixed(0)} + ${f.controllerRssMb.toFixed(0)}`,
    f.wallMs.toFixed(1),
    (f.wireBytes / 1000).toFixed(1),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  return [head, ...rows].map((row) => `${row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ')}\n`).join('');
}

/** The middle value; the mean of the two middle ones for an even count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
