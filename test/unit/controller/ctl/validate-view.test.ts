import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import type { Need } from '../../../../controller/config/need.ts';
import {
  judgeNeeds,
  renderComponents,
  renderNeeds,
  usedComponents,
} from '../../../../controller/ctl/views/validate-view.ts';
import { chooseStyle } from '../../../../controller/terminal/style.ts';
import { load } from '../../../kit/configurations.ts';

const style = chooseStyle({ isTerminal: false, columns: undefined, env: {}, noColour: true });
const definitions = builtinComponents();

function needsOf(text: string): readonly string[] {
  const { components } = load(text, { definitions });
  return components
    .flatMap((component) => component.needs())
    .map(({ capability, whenAbsent }) => `${capability} ${whenAbsent}`);
}

const measured = (more: string): string =>
  `!MeasurementRunner {node: !CgroupNode {}, rdt_enabled: false, enable_perf_uncore: false${more}}`;
const measuring = (more: string): string => `runner: ${measured(more)}\n`;
const allocating = (lines: string): string =>
  `runner: !AllocationRunner\n  measurement_runner: ${measured('')}\n  ${lines}\n`;

const cases: readonly (readonly [configuration: string, needs: readonly string[]])[] = [
  [measuring(''), []],
  ['runner: !MeasurementRunner {node: !CgroupNode {}}\n', ['rdt.monitoring skipped', 'uncore skipped']],
  [measuring(', event_names: [default]'), ['perf.cgroup skipped']],
  [measuring(', event_names: [task_page_faults]'), ['perf.cgroup skipped']],
  [measuring(', event_names: [task_cycles]'), ['perf.cgroup skipped', 'perf.hardware skipped']],
  [measuring(', gather_hw_mm_topology: true'), ['memory_modules ends']],
  [measuring(', wss_reset_cycles: 3, sched: true'), ['wss skipped', 'sched skipped']],
  [measuring(', vmstat: "nr_.*", zoneinfo: true'), ['vmstat skipped', 'zoneinfo skipped']],
  [
    `runner: !DetectionRunner\n  measurement_runner: ${measured('')}\n  detector: !PsiContentionDetector {}\n`,
    ['psi.cgroup skipped'],
  ],
  [
    allocating('allocator: !NUMAAllocator {cgroups_memory_binding: true}\n  rdt_mb_control_required: true'),
    [
      'rdt.bandwidth_control ends',
      'numa skipped',
      'allocation.cpuset_cpus skipped',
      'allocation.cpuset_mems skipped',
      'allocation.migrate_pages skipped',
    ],
  ],
  [allocating('allocator: !NUMAAllocator {dryrun: true}'), ['numa skipped']],
  [
    allocating(
      'allocator: !StaticAllocator {rules: [{allocations: {cpu_quota: 0.5, rdt: {name: a, l3: "L3:0=f"}}}, {allocations: {cpu_quota: 0.2}}]}',
    ),
    ['allocation.cpu_quota skipped', 'allocation.rdt_l3 skipped'],
  ],
];
for (const [configuration, needs] of cases) {
  test(`needs of ${configuration.replaceAll(/\s+/g, ' ')}`, () => assert.deepEqual(needsOf(configuration), needs));
}

test('the components are told as a tree, each by what it says of itself', () => {
  const text = [
    'runner: !MeasurementRunner',
    '  node: !StaticNode {tasks: [a]}',
    '  metrics_storage: !FilterStorage',
    '    storages: [!LogStorage {output_filename: /tmp/x}, !PrometheusStorage {port: 9999}]',
  ].join('\n');
  const lines = renderComponents(usedComponents(load(text, { definitions }).components), style);
  assert.deepEqual(
    lines.map((line) => line.replace(/: .*/, '')),
    [
      '',
      'What runs',
      '  runner             !MeasurementRunner',
      '    node             !StaticNode',
      '    metrics_storage  !FilterStorage',
      '      storages[0]    !LogStorage',
      '      storages[1]    !PrometheusStorage',
    ],
  );
  assert.match(lines.at(-1) ?? '', /: http:\/\/127\.0\.0\.1:9999\/metrics$/);
});

const need = (capability: string, whenAbsent: Need['whenAbsent']): Need => ({ capability, wantedBy: 'x', whenAbsent });

test('a capability that is wanted twice is told once, by the stricter wish', () => {
  const judged = judgeNeeds([need('uncore', 'skipped'), need('uncore', 'ends')], undefined);
  assert.deepEqual(
    judged.map(({ whenAbsent, available }) => [whenAbsent, available]),
    [['ends', undefined]],
  );
});

test('what the host lacks is told with its reason, consequence and remedy', () => {
  const capabilities = [
    { name: 'perf.cgroup', available: true, reason: '', remedy: '' },
    { name: 'uncore', available: false, reason: 'no PMU', remedy: 'buy one' },
  ];
  const needs = [need('perf.cgroup', 'skipped'), need('uncore', 'ends'), need('new.thing', 'skipped')];
  assert.deepEqual(renderNeeds(judgeNeeds(needs, { capabilities }), 'n1', style), [
    '',
    'What it needs of n1',
    '+ perf.cgroup  for x',
    '- uncore  for x',
    '    why     no PMU',
    '    so      the controller will end with status 1',
    '    remedy  buy one',
    '- new.thing  for x',
    '    why  this collector does not know it',
    '    so   it is left out, the rest goes on',
  ]);
  assert.deepEqual(renderNeeds([], 'n1', style), []);
});
