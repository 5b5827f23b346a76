import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { ConfigNode } from '../../../../controller/config/config-node.ts';
import type { ComponentContext } from '../../../../controller/config/context.ts';
import type { Checked, Site } from '../../../../controller/config/site.ts';
import { filterStorage } from '../../../../controller/storages/filter-storage.ts';
import { logStorage } from '../../../../controller/storages/log-storage.ts';
import { prometheusStorage } from '../../../../controller/storages/prometheus-component.ts';
import type { Storage } from '../../../../controller/storages/storage.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';

/** What a configuration makes of the three tags; the configuration language has tests of its own. */

const at = { line: 1, column: 1 };
const definitions = { LogStorage: logStorage, FilterStorage: filterStorage, PrometheusStorage: prometheusStorage };
type Tag = keyof typeof definitions;

const context: ComponentContext = {
  host: { listCgroups: () => Promise.resolve([]) },
  clock: new FakeClock(),
  logger: () => pino({ level: 'silent' }),
};

/** A place that throws the first problem and knows no other components. */
function strictSite(field: string): Site {
  return {
    field,
    below: (suffix) => strictSite(field + suffix),
    trial: () => strictSite(field),
    problems: [],
    problem: (_node, reason) => {
      throw new Error(`${field}: ${reason}`);
    },
    report: () => {},
    note: () => {},
    component: () => undefined,
    canRead: () => true,
  };
}

type Plain = string | number | boolean | readonly string[];

function nodeOf(value: Plain): ConfigNode {
  if (typeof value === 'string') return { kind: 'scalar', at, scalar: { type: 'str', value } };
  if (typeof value === 'boolean') return { kind: 'scalar', at, scalar: { type: 'bool', value } };
  if (typeof value === 'number') return { kind: 'scalar', at, scalar: { type: 'int', value: BigInt(value) } };
  return { kind: 'list', at, items: value.map(nodeOf) };
}

function make(tag: Tag, args: Readonly<Record<string, Plain>>): Storage {
  const entries = Object.entries(args).map(([key, value]) => ({
    key,
    keyIsText: true,
    keyAt: at,
    value: nodeOf(value),
  }));
  const content = { kind: 'mapping', at, entries } as const;
  const checked: Checked<Storage> | undefined = definitions[tag].check(
    { kind: 'component', at, tag, content },
    strictSite('storage'),
  );
  assert.ok(checked !== undefined);
  return checked(context);
}

const made: readonly (readonly [Tag, Readonly<Record<string, Plain>>, string])[] = [
  ['LogStorage', {}, 'LogStorage stderr'],
  ['LogStorage', { stream: 'stdout', include_timestamp: false, filter_labels: [] }, 'LogStorage stdout'],
  ['LogStorage', { output_filename: 'x.prom', overwrite: true }, 'LogStorage x.prom'],
  ['PrometheusStorage', {}, 'PrometheusStorage http://127.0.0.1:9152/metrics'],
  ['PrometheusStorage', { ip: '::', port: 80, path: '/' }, 'PrometheusStorage http://[::]:80/'],
  ['FilterStorage', { storages: [], filter: ['a'] }, 'FilterStorage []'],
];
for (const [tag, args, description] of made) {
  test(`!${tag} ${JSON.stringify(args)} is ${description}`, () => {
    assert.equal(make(tag, args).describe(), description);
  });
}

const refused: readonly (readonly [Tag, Readonly<Record<string, Plain>>, RegExp])[] = [
  ['LogStorage', { overwrite: true }, /without output_filename/],
  ['LogStorage', { stream: 'stdin' }, /storage\.stream/],
  ['LogStorage', { output_filename: '../x' }, /storage\.output_filename/],
  ['PrometheusStorage', { ip: 'localhost' }, /no IP address/],
  ['PrometheusStorage', { port: 65_536 }, /storage\.port/],
  ['PrometheusStorage', { path: 'metrics' }, /no path/],
  ['PrometheusStorage', { max_series: 0 }, /storage\.max_series/],
  ['PrometheusStorage', { stale_after_seconds: 0 }, /storage\.stale_after_seconds/],
  ['FilterStorage', {}, /storage\.storages: missing/],
];
for (const [tag, args, problem] of refused) {
  test(`!${tag} ${JSON.stringify(args)} is refused`, () => {
    assert.throws(() => make(tag, args), problem);
  });
}
