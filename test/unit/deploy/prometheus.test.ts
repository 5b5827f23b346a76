import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { catalog } from '../../../shared/metrics/catalog.ts';
import { packageRoot } from '../../kit/package-root.ts';
import { skipWithout } from '../../kit/tools.ts';

/** Alerting rules and dashboards: what they ask for must exist. */

const folder = join(packageRoot(), 'deploy/prometheus');
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
const functions = [
  'rate',
  'increase',
  'sum',
  'max',
  'count',
  'time',
  'vector',
  'label_values',
  'by',
  'on',
  'or',
  'unless',
  'offset',
];

/** Names of metrics in a PromQL expression: words that are no function, keyword or label. */
function metricsIn(expression: string): readonly string[] {
  const bare = expression
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\boffset \w+/g, '')
    .replaceAll(/\b(by|on) *\([^)]*\)/g, '')
    .replace(/^label_values\((.*),[^,]*\)$/, '$1');
  const words: readonly string[] = bare.match(/[a-z_:][a-z0-9_:]*/gi) ?? [];
  return words.filter((word) => !functions.includes(word) && !/^\$?__/.test(word));
}

const rules: readonly { readonly alert: string; readonly expr: string; readonly annotations: object }[] = parse(
  read('wca-alerts.yaml'),
).groups.flatMap(({ rules: of }: { rules: unknown }) => of);

test('every metric of the alerting rules is in the catalogue', () => {
  for (const { alert, expr } of rules) {
    const names = metricsIn(expr);
    assert.ok(names.length > 0, alert);
    for (const name of names) assert.ok(catalog.has(name), `${alert}: ${name}`);
  }
});

test('every alert says what, why and what to do', () => {
  for (const { alert, annotations } of rules) {
    assert.deepEqual(Object.keys(annotations).sort(), ['description', 'runbook', 'summary'], alert);
  }
});

for (const file of readdirSync(folder).filter((name) => name.endsWith('.dashboard.json'))) {
  test(`every metric of ${file} is in the catalogue, every panel has an id and a place of its own`, () => {
    const { panels, templating } = JSON.parse(read(file));
    const ids = new Set<number>();
    const places = new Set<string>();
    for (const { id, title, gridPos, targets = [] } of panels) {
      ids.add(id);
      places.add(`${gridPos.x},${gridPos.y}`);
      for (const { expr } of targets) {
        const names = metricsIn(expr);
        assert.ok(names.length > 0, title);
        for (const name of names) assert.ok(catalog.has(name), `${title}: ${name}`);
      }
    }
    assert.deepEqual([ids.size, places.size], [panels.length, panels.length]);
    for (const { definition } of templating.list) {
      for (const name of metricsIn(definition ?? '')) assert.ok(catalog.has(name), name);
    }
  });
}

test('promtool takes the rules and their tests pass', { skip: skipWithout('promtool') }, () => {
  for (const args of [
    ['check', 'rules', 'wca-alerts.yaml'],
    ['test', 'rules', 'wca-alerts.test.yaml'],
  ]) {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  }
});

test('promtool parses every expression of the dashboards', { skip: skipWithout('promtool') }, () => {
  const dashboards = readdirSync(folder).filter((name) => name.endsWith('.dashboard.json'));
  const expressions: readonly string[] = dashboards.flatMap((file) =>
    JSON.parse(read(file)).panels.flatMap(({ targets = [] }) => targets.map(({ expr }: { expr: string }) => expr)),
  );
  assert.ok(expressions.length > 20);
  // Grafana puts values in the place of its variables.
  const plain = expressions.map((expr) => expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, 'x'));
  const rules = plain.map((expr, i) => ({ record: `panel:expression:${i}`, expr }));
  const temp = mkdtempSync(join(tmpdir(), 'wca-dashboards-'));
  try {
    const file = join(temp, 'rules.yaml');
    writeFileSync(file, stringify({ groups: [{ name: 'dashboards', rules }] }));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  } finally {
    rmSync(temp, { recursive: true });
  }
});
