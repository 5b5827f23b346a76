import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import { MeasurementRunner } from '../../../../controller/runners/measurement-runner.ts';
import { load, problemsOf } from '../../../kit/configurations.ts';
import { fixture } from '../../../kit/package-root.ts';

const definitions = builtinComponents();
const yamlOf = (parameters: string): string =>
  `runner: !MeasurementRunner\n  node: !StaticNode {tasks: []}\n${parameters}`;

const accepted: readonly string[] = [
  'action_delay: 1.',
  'action_delay: 0',
  'interval: 60',
  'interval: null',
  'event_names: null',
  'event_names: [task_cycles, my_event__r0302]',
  'extra_labels: {a: b}',
  'rdt_enabled: null',
  'rdt_enabled: false',
  'gather_hw_mm_topology: false',
  'enable_perf_uncore: false',
  'uncore_event_names: []',
  'allocation_configuration: null',
  'wss_reset_interval: 0',
  'wss_reset_cycles: null',
  'wss_stable_cycles: 0',
  'wss_membw_threshold: null',
  'zoneinfo: false',
  'vmstat: false',
  'sched: false',
  'task_label_generators: {}',
  "task_label_generators: {a: !TaskLabelRegexGenerator {pattern: '$', repl: ''}}",
  'perf_aggregate_cpus: false',
  'include_optional_labels: true',
  'costly_interval: 10',
];

for (const parameter of accepted) {
  test(`MeasurementRunner accepts ${parameter}`, () => {
    assert.ok(load(yamlOf(`  ${parameter}\n`), { definitions }).runner instanceof MeasurementRunner);
  });
}

const refused: readonly (readonly [parameter: string, reason: RegExp])[] = [
  ['interval: 61', /interval.*too large/],
  ['interval: -1', /interval.*too small/],
  ['interval: true', /interval/],
  ['action_delay: 1\n  interval: 1', /the same parameter as/],
  ['extra_labels: {a: 1}', /extra_labels\.a/],
  ['extra_labels: {a-b: c}', /a-b/],
  ['rdt_enabled: true', /not supported yet: resctrl/],
  ['gather_hw_mm_topology: true', /not supported yet/],
  ['enable_perf_uncore: true', /not supported yet/],
  ['uncore_event_names: [a]', /not supported yet/],
  ['wss_reset_interval: 5', /not supported yet/],
  ['wss_reset_cycles: 5', /not supported yet/],
  ["zoneinfo: '(a)(b)'", /not supported yet/],
  ['sched: true', /not supported yet/],
  ['event_name: [a]', /did you mean "event_names"/],
  ['costly_interval: 0', /costly_interval/],
];

for (const [parameter, reason] of refused) {
  test(`MeasurementRunner refuses ${parameter.replaceAll('\n', ',')}`, () => {
    assert.match(problemsOf(yamlOf(`  ${parameter}\n`), { definitions }), reason);
  });
}

for (const name of ['', '-for-node-exporter', '-with-extra-metrics']) {
  test(`the original's sample static-measurements${name} loads`, () => {
    load(readFileSync(fixture('configurations', `static-measurements${name}.yaml`), 'utf8'), { definitions });
  });
}
