import type { Capability__Output as Capability } from '../../../shared/rpc/gen/wca/v1/Capability.ts';
import type { Platform } from '../peers.ts';
import { renderPairs } from '../render.ts';
import { marksOf, paint, type Style } from '../style.ts';
import { cleanText, padToWidth } from '../text-width.ts';
import { layoutText } from './platform-view.ts';

/** What a capability gives, most important first. A name that is not here comes last. */
const importance: readonly (readonly [name: string, gives: string])[] = [
  ['cgroup.host', 'tasks of the whole host, not of one container'],
  ['cgroup.cpu', 'CPU time of each task'],
  ['cgroup.cpuacct', 'CPU time of each task'],
  ['cgroup.memory', 'memory of each task'],
  ['perf.cgroup', 'perf events of each task'],
  ['perf.hardware', 'cycles, instructions, cache misses, IPC'],
  ['perf.software', 'context switches, page faults, migrations'],
  ['psi.cgroup', 'pressure on each task'],
  ['psi', 'pressure on the host'],
  ['cgroup.cpu.throttling', 'time tasks are stopped by their CPU quota'],
  ['cgroup.memory.peak', 'highest memory use of each task'],
  ['cgroup.memory.numa_stat', 'memory of each task by NUMA node'],
  ['numa', 'memory by NUMA node'],
  ['cgroup.v1', 'layout of the cgroup hierarchies'],
  ['cgroup.hybrid', 'layout of the cgroup hierarchies'],
  ['cgroup.v2', 'layout of the cgroup hierarchies'],
];

/** Capabilities in the order an operator should read them; equals by name. */
export function rankCapabilities(capabilities: readonly Capability[]): readonly Capability[] {
  return [...capabilities].sort((a, b) => rankOf(a.name) - rankOf(b.name) || (a.name < b.name ? -1 : 1));
}

/** What this host can and cannot measure, why, and what would help. */
export function renderDoctor(platform: Platform, style: Style): readonly string[] {
  const marks = marksOf(style);
  const ranked = rankCapabilities(platform.capabilities);
  const nameWidth = ranked.reduce((widest, { name }) => Math.max(widest, name.length), 0);
  const lines = ranked.flatMap(({ name, available, reason, remedy }) => {
    const mark = available ? paint(marks.yes, 'good', style) : paint(marks.no, 'bad', style);
    const head = `${mark} ${padToWidth(cleanText(name), nameWidth, 'left')}  ${paint(givesOf(name), 'faint', style)}`;
    if (available) return [head.trimEnd()];
    const why = [['why', reason] as const, ['remedy', remedy === '' ? 'none on this host' : remedy] as const];
    return [head.trimEnd(), ...renderPairs(why, style).map((line) => `  ${line}`)];
  });
  const missing = ranked.filter(({ available }) => !available).length;
  const verdict =
    missing === 0
      ? paint('Everything can be measured here.', 'good', style)
      : `${ranked.length - missing} of ${ranked.length} can be measured here.`;
  return [
    `${paint(cleanText(platform.hostname), 'heading', style)}  kernel ${cleanText(platform.kernel)}, ${platform.cpus.length} CPUs`,
    `cgroups ${cleanText(layoutText(platform))}`,
    '',
    ...lines,
    '',
    verdict,
  ];
}

function rankOf(name: string): number {
  const index = importance.findIndex(([known]) => known === name);
  return index === -1 ? importance.length : index;
}

function givesOf(name: string): string {
  return importance.find(([known]) => known === name)?.[1] ?? '';
}
