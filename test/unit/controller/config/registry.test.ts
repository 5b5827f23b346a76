import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import { Registry } from '../../../../controller/config/registry.ts';
import { suggestName } from '../../../../controller/config/suggest-name.ts';
import { logStorage } from '../../../../controller/storages/log-storage.ts';

test('a tag that is taken is refused, naming both sources', () => {
  const registry = new Registry();
  registry.add(logStorage, 'built in');
  assert.throws(() => registry.add(logStorage, '/opt/plugin.js'), {
    code: 'INVALID_CONFIG',
    message: /is defined by built in and again by \/opt\/plugin\.js/,
  });
});

test('a definition is found by its kind only', () => {
  const registry = new Registry();
  registry.add(logStorage, 'built in');
  assert.equal(registry.find('storage', 'LogStorage'), logStorage);
  assert.equal(registry.find('node', 'LogStorage'), undefined);
  assert.equal(registry.get('LogStorage')?.source, 'built in');
});

test('what is built in has distinct tags, and every parameter a documentation', () => {
  const registry = new Registry();
  for (const definition of builtinComponents()) registry.add(definition, 'built in');
  assert.equal(registry.tags().length, builtinComponents().length);
  for (const { definition } of registry.list()) {
    assert.notEqual(definition.doc, '', definition.tag);
    for (const [name, { doc, type }] of definition.parameters)
      assert.ok(doc !== '' && type !== '', `${definition.tag} ${name}`);
    for (const name of definition.aliases.values())
      assert.ok(definition.parameters.has(name), `${definition.tag} ${name}`);
  }
});

const suggestions: readonly (readonly [written: string, names: readonly string[], suggested: string])[] = [
  ['intervall', ['interval', 'node'], 'interval'],
  ['logstorage', ['LogStorage', 'FilterStorage'], 'LogStorage'],
  ['ndoe', ['node', 'nodes'], 'node'],
  ['completely_else', ['interval', 'node'], ''],
  ['', ['a'], ''],
  ['x'.repeat(65), ['x'.repeat(64)], ''],
];

for (const [written, names, suggested] of suggestions) {
  test(`"${written.slice(0, 20)}" suggests "${suggested}"`, () => {
    assert.equal(suggestName(written, names), suggested === '' ? '' : `, did you mean "${suggested}"?`);
  });
}
