import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import { migrateConfiguration } from '../../../../controller/config/migrate/migrate.ts';
import { applyEdits } from '../../../../controller/config/migrate/text-edits.ts';
import { load, registryOf } from '../../../kit/configurations.ts';
import { packageRoot } from '../../../kit/package-root.ts';

const definitions = builtinComponents();
const registry = registryOf(definitions);
const migrate = (text: string, fromHead = false) => migrateConfiguration({ text, registry, fromHead });

const measurement = (lines: string): string =>
  `runner: !MeasurementRunner\n  node: !StaticNode {tasks: []}  # none yet\n${lines}`;

const rewritten: readonly (readonly [name: string, before: string, after: string])[] = [
  ['an old name', '  action_delay: 1.0 # often\n', '  interval: 1.0 # often\n'],
  ['an old name in quotes', '  "action_delay": 1.0\n', '  interval: 1.0\n'],
  ['a working set that is measured', '  wss_reset_interval: 3\n', '  wss_reset_cycles: 3\n'],
  ['a working set that is not', '  wss_reset_interval: 0 # off\n  interval: 2\n', '  interval: 2\n'],
  ['at the end of the file', '  interval: 2\n  wss_reset_interval: 0', '  interval: 2\n'],
  ['without a value', '  wss_reset_interval:\n  interval: 2\n', '  interval: 2\n'],
  [
    'storages that the original refused',
    '  # all of it\n  anomalies_storage: !LogStorage\n    output_filename: /tmp/a\n  # the rest\n  interval: 2\n',
    '  # all of it\n  # the rest\n  interval: 2\n',
  ],
  [
    'events before they had a prefix',
    '  event_names: [instructions, "cycles", task_cache_misses, my__r01c2]\n',
    '  event_names: [task_instructions, task_cycles, task_cache_misses, my__r01c2]\n',
  ],
  [
    'properties of librdkafka',
    '  metrics_storage: !KafkaStorage {topic: a, extra_config: {compression.codec: gzip, bootstrap.servers: "x:1"}}\n',
    '  metrics_storage: !KafkaStorage {topic: a, extra_config: {compression.type: gzip}}\n',
  ],
  [
    'the first and only entry of a flow mapping',
    '  metrics_storage: !KafkaStorage {topic: a, extra_config: {bootstrap.servers: "x:1"}}\n',
    '  metrics_storage: !KafkaStorage {topic: a, extra_config: {}}\n',
  ],
];
for (const [name, before, after] of rewritten) {
  test(`rewritten: ${name}`, () => {
    const { text, changes } = migrate(measurement(before));
    assert.equal(text, measurement(after));
    assert.ok(changes.length > 0 && changes.every(({ byHand }) => !byHand));
    const { deprecations } = load(text, { definitions });
    assert.deepEqual(deprecations, []);
  });
}

test('what is merged into a component is rewritten where it stands', () => {
  const text = measurement('  <<: &common\n    action_delay: 2\n');
  assert.equal(migrate(text).text, text.replace('action_delay', 'interval'));
  const other = `x: &c {action_delay: 2}\nrunner: !MeasurementRunner {<<: *c, node: !CgroupNode {}}\n`;
  assert.equal(migrate(other).text, other.replace('action_delay', 'interval'));
});

test('enums of the original lose their tag', () => {
  const text = 'a: !NUMAAllocator {algorithm: !NUMAAlgorithm minimize_migration}\nb: !CgroupDriverType systemd\n';
  const after = text.replace('!NUMAAlgorithm ', '');
  assert.equal(migrate(text).text, after, 'only where a component takes one');
});

test('what the documentation of the original misnamed is named right', () => {
  const before =
    'a: !NUMAAllocator {algorithm: minimize_migrations, cgroups_cpus_binding: true}\nb: !DetectionRunner {allocator: x}\n';
  assert.equal(
    migrate(before).text,
    'a: !NUMAAllocator {algorithm: minimize_migration}\nb: !DetectionRunner {detector: x}\n',
  );
});

test('an old and a new name together are left to a person', () => {
  const before = measurement('  action_delay: 1\n  interval: 2\n');
  const { text, changes } = migrate(before);
  assert.equal(text, before);
  assert.deepEqual(
    changes.map(({ byHand, at }) => [byHand, at.line]),
    [[true, 3]],
  );
});

test('what holds an anchor is not removed', () => {
  const before = measurement('  anomalies_storage: &log !LogStorage {}\n  metrics_storage: *log\n');
  const { text, changes } = migrate(before);
  assert.equal(text, before);
  assert.match(changes[0]?.text ?? '', /is to be removed/);
});

test('the defaults of the latest original are written out once', () => {
  const once = migrate(measurement('  vmstat: false\n'), true).text;
  assert.match(once, /^runner: !MeasurementRunner\n {2}zoneinfo: true\n {2}gather_hw_mm_topology: null\n/);
  assert.match(once, /\n {2}vmstat: false\n$/);
  assert.equal(migrate(once, true).text, once);
  const flow = migrate('runner: !MeasurementRunner {node: !CgroupNode {}}\n', true).text;
  assert.deepEqual(load(flow, { definitions }).deprecations, []);
});

test('the examples are in the spelling of today', () => {
  const folder = join(packageRoot(), 'examples');
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  assert.ok(files.length > 10);
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    assert.deepEqual(migrate(text), { text, changes: [] }, file);
  }
});

test('a text that is no YAML is told with its place', () => {
  assert.throws(() => migrate('a: [1\n'), /^WcaError: \d+:\d+ /);
});

test('migrating twice changes nothing the second time', () => {
  const lines = rewritten.map(([, before]) => before);
  fc.assert(
    fc.property(fc.subarray(lines, { minLength: 1 }), (chosen) => {
      const once = migrate(measurement(chosen.map((line) => (line.endsWith('\n') ? line : `${line}\n`)).join(''))).text;
      assert.equal(migrate(once).text, once);
    }),
  );
});

test('edits are done in the order of the text, one that overlaps another is left out', () => {
  const edits = [
    { start: 4, end: 5, text: 'E' },
    { start: 0, end: 2, text: '' },
    { start: 1, end: 3, text: 'lost' },
  ];
  assert.equal(applyEdits('abcdefg', edits), 'cdEfg');
});
