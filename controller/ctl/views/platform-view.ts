import type { Capability__Output as Capability } from '../../../shared/rpc/gen/wca/v1/Capability.ts';
import { type Cell, renderPairs, renderTable } from '../../terminal/render.ts';
import { marksOf, paint, type Style } from '../../terminal/style.ts';
import { formatBytes, formatQuantity } from '../format.ts';
import { formatIdList } from '../id-list.ts';
import type { Platform } from '../peers.ts';

/** Everything the collector says about its host. */
export function renderPlatform(platform: Platform, style: Style): readonly string[] {
  const model = platform.cpuModel;
  const codeName = model === null || model.codeName === '' ? '' : ` (${model.codeName})`;
  const numbers =
    model === null ? '' : `${model.vendor} family ${model.family} model ${model.model} stepping ${model.stepping}`;
  const pairs: (readonly [string, Cell])[] = [
    ['kernel', platform.kernel],
    ['CPU', `${model?.name || 'unknown'}${codeName}`],
    ['', numbers],
    [
      'CPUs',
      `${formatQuantity(platform.cpus.length, 'CPU')} online (${formatIdList(platform.cpus.map(({ id }) => id))}), ${formatQuantity(platform.cores, 'core')}, ${formatQuantity(platform.sockets, 'socket')}`,
    ],
    [
      'memory',
      `${formatBytes(platform.memoryTotalBytes)}, swap ${platform.swapEnabled ? 'on' : 'off'}, pages of ${formatBytes(platform.pageSizeBytes)}`,
    ],
    ['clock', `${platform.clockTicksPerSecond} ticks a second`],
    ['cgroups', layoutText(platform)],
  ];
  return [
    paint(platform.hostname, 'heading', style),
    ...renderPairs(
      pairs.filter(([, value]) => value !== ''),
      style,
    ),
    ...renderNuma(platform, style),
    '',
    ...renderTable(
      [
        { title: 'CAPABILITY', align: 'left' },
        { title: '', align: 'left' },
        { title: 'WHY NOT', align: 'left', minWidth: 10 },
      ],
      platform.capabilities.map((capability) => capabilityRow(capability, style)),
      style,
    ),
  ];
}

/** `hybrid: cpu cpuacct memory on v1, perf_event on v2` */
export function layoutText({ cgroupLayout }: Platform): string {
  if (cgroupLayout === null) return 'unknown';
  const parts = [1, 2].flatMap((version) => {
    const found = cgroupLayout.hierarchies.filter((hierarchy) => hierarchy.version === version);
    if (found.length === 0) return [];
    const controllers = [...new Set(found.flatMap((hierarchy) => hierarchy.controllers))].sort();
    return [`v${version} ${controllers.length === 0 ? 'without controllers' : controllers.join(' ')}`];
  });
  return parts.length === 0 ? cgroupLayout.mode : `${cgroupLayout.mode}: ${parts.join('; ')}`;
}

function capabilityRow({ name, available, reason }: Capability, style: Style): readonly Cell[] {
  const marks = marksOf(style);
  return available ? [name, { text: marks.yes, paint: 'good' }, ''] : [name, { text: marks.no, paint: 'bad' }, reason];
}

function renderNuma(platform: Platform, style: Style): readonly string[] {
  if (platform.numaNodes.length === 0) return [];
  const ids = platform.numaNodes.map(({ id }) => id);
  return [
    '',
    ...renderTable(
      [
        { title: 'NUMA NODE', align: 'right' },
        { title: 'CPUS', align: 'left', minWidth: 8 },
        { title: 'MEMORY', align: 'right' },
        ...ids.map((id) => ({ title: `TO ${id}`, align: 'right', dropOrder: id + 1 }) as const),
      ],
      platform.numaNodes.map(({ id, cpus, memoryBytes, distances }) => [
        String(id),
        formatIdList(cpus),
        formatBytes(memoryBytes),
        ...ids.map((to) => String(distances.find((distance) => distance.to === to)?.distance ?? '-')),
      ]),
      style,
    ),
  ];
}
