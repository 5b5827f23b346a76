/** What this process itself consumes. */
export interface SelfUsage {
  readonly rssBytes: number;
  /** User plus system since the process started. */
  readonly cpuSeconds: number;
}

export function readSelfUsage(): SelfUsage {
  const cpu = process.cpuUsage();
  return { rssBytes: process.memoryUsage.rss(), cpuSeconds: (cpu.user + cpu.system) / 1e6 };
}
