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
  'sched: true',
  'sched: null',
  "sched: 'nr_.*'",
  'vmstat: true',
  "vmstat: 'nr_|pg'",
  'zoneinfo: true',
  "zoneinfo: '(a)(b)'",
  'rdt_enabled: true',
  'rdt_per_domain: true',
  'gather_hw_mm_topology: true',
  'gather_hw_mm_topology: null',
  'enable_perf_uncore: true',
  'enable_perf_uncore: null',
  'uncore_event_names: [platform_cas_count_reads, "my/uncore_cha/event=0x35,umask=0xff,config1=0x1/"]',
  'uncore_event_names: [[platform_cas_count_reads], [platform_rpq_inserts, platform_rpq_occupancy]]',
  'wss_reset_interval: 5',
  'wss_reset_interval: -1',
  'wss_reset_interval: 0\n  wss_reset_cycles: 3',
  'wss_reset_cycles: 0',
  'wss_stable_cycles: -3',
  'wss_membw_threshold: 0.1',
  'wss_membw_threshold: 1',
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
  ['rdt_enabled: 1', /rdt_enabled.*true or false/],
  ['rdt_per_domain: null', /rdt_per_domain/],
  ["gather_hw_mm_topology: 'yes'", /gather_hw_mm_topology/],
  ['uncore_event_names: platform_cas_count_reads', /uncore_event_names: got the string/],
  ['uncore_event_names: [platform_cas_count_read]', /uncore_event_names\[0\].*did you mean "platform_cas_count_reads"/],
  [
    'uncore_event_names: [[platform_rpq_inserts], [m/uncore_imc/umask=3/]]',
    /:3:49 .*\[1\]\[0\].*event or config is missing/,
  ],
  ['uncore_event_names: [[[a]]]', /uncore_event_names\[0\]\[0\]: got a list/],
  [`uncore_event_names: [${'platform_rpq_inserts,'.repeat(65)}]`, /more than 64 events/],
  ['wss_reset_interval: 1.0', /wss_reset_interval/],
  ['wss_reset_cycles: -1', /wss_reset_cycles.*too small/],
  ['wss_reset_interval: 1\n  wss_reset_cycles: 0', /wss_reset_cycles and wss_reset_interval say the same twice/],
  ['wss_stable_cycles: 1.5', /wss_stable_cycles/],
  ['wss_membw_threshold: -0.1', /wss_membw_threshold.*too small/],
  ["zoneinfo: '(a)'", /:3:13 runner\.zoneinfo: .*it has 1 group .*with 2 groups/],
  ["zoneinfo: '(a'", /zoneinfo.*missing \)|zoneinfo.*at position/],
  ["vmstat: '*'", /vmstat.*nothing to repeat at position 0/],
  ['sched: 5', /sched: got the int 5/],
  [`sched: ${'a'.repeat(401)}`, /sched.*longer than 400/],
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

for (const version of ['seed', 'head']) {
  test(`a configuration with every parameter of the original's ${version} loads unchanged`, () => {
    const text = readFileSync(fixture('configurations', `${version}-every-parameter.yaml`), 'utf8');
    const { runner, deprecations } = load(text, { definitions, env: { HOST_IP: '10.0.0.1' } });
    assert.ok(runner instanceof MeasurementRunner);
    assert.deepEqual(
      deprecations.map((note) => note.replace(/^[^ ]* /, '')),
      version === 'seed' ? ['runner.action_delay: an old name, use interval'] : [],
    );
  });
}
