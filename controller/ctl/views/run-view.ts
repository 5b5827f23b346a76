import { formatBytes, formatQuantity } from '../format.ts';
import type { Platform } from '../peers.ts';
import { marksOf, paint, type Style } from '../style.ts';
import { cleanText, wrapText } from '../text-width.ts';
import { rankCapabilities } from './doctor-view.ts';
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

/** `✔ cgroup.cpu ✔ cgroup.memory ✘ perf.hardware …`, at most two lines. */
function renderFeatures(platform: Platform, style: Style): readonly string[] {
  const marks = marksOf(style);
  // A no-break space keeps mark and name on one line.
  const words = rankCapabilities(platform.capabilities).map(
    ({ name, available }) => `${available ? marks.yes : marks.no}\u00a0${cleanText(name)}`,
  );
  const lines = wrapText(words.join(' '), style.width ?? 200).slice(0, 2);
  return lines.map((line) =>
    line
      .split(' ')
      .map((word) => paint(word.replace('\u00a0', ' '), word.startsWith(marks.yes) ? 'good' : 'faint', style))
      .join(' '),
  );
}
