import { marksOf, paint, type Style } from '../../terminal/style.ts';
import { cleanText, wrapText } from '../../terminal/text-width.ts';
import { formatBytes, formatQuantity } from '../format.ts';
import type { Platform } from '../peers.ts';
import { fitLine } from './top-view.ts';

/** What stands above the table of `wca-ctl run`. */
export interface RunHead {
  readonly platform: Platform | undefined;
  /** `http://127.0.0.1:9152/metrics` */
  readonly endpoints: readonly string[];
  readonly folder: string;
}

/** Host, what can be measured on it, and where the metrics are. */
export function renderRunHead({ platform, endpoints, folder }: RunHead, style: Style): readonly string[] {
  const dot = ` ${marksOf(style).dot} `;
  const places = [...endpoints.map((address) => `metrics ${address}`), `sockets ${folder}`].join(dot);
  if (platform === undefined) return [paint('starting', 'heading', style), fitLine(places, style)];
  const model = platform.cpuModel?.name ?? '';
  const host = [
    platform.hostname,
    `Linux ${platform.kernel}`,
    formatQuantity(platform.cpus.length, 'CPU'),
    formatBytes(platform.memoryTotalBytes),
    `cgroup ${platform.cgroupLayout?.mode ?? 'unknown'}`,
    ...(model === '' ? [] : [model]),
  ].join(dot);
  return [paint(fitLine(host, style), 'heading', style), ...renderFeatures(platform, style), fitLine(places, style)];
}

/** What the table can show, in the order of its columns; the others are for wca-ctl doctor. */
const shownFeatures: ReadonlyMap<string, string> = new Map([
  ['cgroup.cpuacct', 'CPU time'],
  ['cgroup.memory', 'memory'],
  ['perf.hardware', 'hardware events'],
  ['perf.software', 'software events'],
  ['psi.cgroup', 'pressure'],
  ['cgroup.cpu.throttling', 'throttling'],
  ['numa', 'several NUMA nodes'],
  ['rdt.monitoring', 'cache and bandwidth'],
  ['uncore', 'memory controllers'],
]);

/** `✔ CPU time ✔ memory ✘ hardware events …`, at most two lines. */
function renderFeatures(platform: Platform, style: Style): readonly string[] {
  const marks = marksOf(style);
  const words = [...shownFeatures].flatMap(([name, label]) => {
    const capability = platform.capabilities.find((one) => one.name === name);
    if (capability === undefined) return [];
    // No-break spaces keep mark and label on one line.
    return `${capability.available ? marks.yes : marks.no} ${cleanText(label)}`.replaceAll(' ', '\u00a0');
  });
  const lines = wrapText(words.join('  '), style.width ?? 200).slice(0, 2);
  return lines.map((line) =>
    line
      .split(' ')
      .map((word) => paint(word.replaceAll('\u00a0', ' '), word.startsWith(marks.yes) ? 'good' : 'faint', style))
      .join(' '),
  );
}
