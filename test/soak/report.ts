/** One look at both processes. */
export interface Figures {
  /** Uptime of the controller. */
  readonly secondsSinceStart: number;
  /** Processes killed before this look: figures of different ones are not compared. */
  readonly restarts: number;
  readonly collectorRssBytes: number;
  readonly controllerRssBytes: number;
  readonly descriptors: number;
  readonly subscribers: number;
  readonly tasks: number;
  readonly overruns: number;
  /** `CGROUP_GONE task 12`. */
  readonly errors: readonly string[];
}

export interface Soaked {
  readonly figures: readonly Figures[];
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

/** More than this between the first and the last third, on top of a fifth, is growth. */
const slackBytes = 24 * 2 ** 20;
const slackDescriptors = 60;

/** What grew over the whole time, the largest of the last third against the largest of the first. Pure. */
export function findGrowth(figures: readonly Figures[]): readonly string[] {
  const third = Math.floor(figures.length / 3);
  if (third < 2) return [];
  const [first, last] = [figures.slice(0, third), figures.slice(-third)];
  const grown = (name: string, of: (one: Figures) => number, slack: number): readonly string[] => {
    const [before, after] = [first, last].map((some) => Math.max(...some.map(of)));
    if (before === undefined || after === undefined || after <= before * 1.2 + slack) return [];
    return [`${name} grew from ${before} to ${after}`];
  };
  return [
    ...grown('memory of the collector', ({ collectorRssBytes }) => collectorRssBytes, slackBytes),
    ...grown('memory of the controller', ({ controllerRssBytes }) => controllerRssBytes, slackBytes),
    ...grown('descriptors', ({ descriptors }) => descriptors, slackDescriptors),
  ];
}

/** For a person. Pure. */
export function formatReport({ figures, counts, problems }: Soaked): string {
  const span = (of: (one: Figures) => number, unit = 1): string => {
    const all = figures.map(of);
    return all.length === 0
      ? '-'
      : `${(Math.min(...all) / unit).toFixed(0)} to ${(Math.max(...all) / unit).toFixed(0)}`;
  };
  const megabytes = 2 ** 20;
  const lines: readonly (readonly [string, string])[] = [
    ...Object.entries(counts).map(([name, count]) => [name, String(count)] as const),
    ['tasks at a time', span(({ tasks }) => tasks)],
    ['descriptors', span(({ descriptors }) => descriptors)],
    ['collector, MB', span(({ collectorRssBytes }) => collectorRssBytes, megabytes)],
    ['controller, MB', span(({ controllerRssBytes }) => controllerRssBytes, megabytes)],
    ['ticks skipped', String(figures.reduce((most, { overruns }) => Math.max(most, overruns), 0))],
    ['errors survived', figures.at(-1)?.errors.join(', ') || 'none'],
  ];
  const table = lines.map(([name, text]) => `${name.padEnd(18)}${text}`);
  const verdict =
    problems.length === 0 ? ['nothing was left, lost or grew'] : ['PROBLEMS', ...problems.map((one) => `  ${one}`)];
  return `${[...table, '', ...verdict].join('\n')}\n`;
}
