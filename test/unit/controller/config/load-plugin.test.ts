import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadPlugin, parsePluginSpec } from '../../../../controller/config/load-plugin.ts';
import { Registry } from '../../../../controller/config/registry.ts';
import { problemsOf } from '../../../kit/configurations.ts';

const folder = mkdtempSync(join(tmpdir(), 'wca-plugin-'));
after(() => rmSync(folder, { recursive: true }));

const defineComponent = import.meta.resolve('../../../../controller/config/component.js');

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function definitionText(tag: string): string {
  return `defineComponent({ tag: '${tag}', kind: 'labels', since: 'wca', doc: 'd', parameters: {}, create: () => ({ generate: () => 'x' }) })`;
}

const prelude = `import { defineComponent } from '${defineComponent}';\n`;

const specs: readonly (readonly [spec: string, module: string, exportName: string])[] = [
  ['@acme/plugin', '@acme/plugin', 'plugin'],
  ['/opt/p.mjs:allocators', '/opt/p.mjs', 'allocators'],
  ['./p.mjs', './p.mjs', 'plugin'],
  ['acme.wca:Outer.Inner', 'acme.wca', 'Outer.Inner'],
];

for (const [spec, module, exportName] of specs) {
  test(`the spec ${spec} is read`, () => assert.deepEqual(parsePluginSpec(spec), { module, exportName }));
}

for (const spec of ['', 'https://example.org/p.js', 'data:text/javascript,1', 'node:fs', 'a\0b']) {
  test(`the spec ${JSON.stringify(spec)} is refused`, () => {
    assert.throws(() => parsePluginSpec(spec), { code: 'INVALID_CONFIG' });
  });
}

test('a component of a plugin is registered with the spec as its source', async () => {
  const file = write('one.mjs', `${prelude}export const plugin = ${definitionText('Acme')};`);
  const registry = new Registry();
  await loadPlugin(file, registry);
  assert.equal(registry.get('Acme')?.source, file);
});

test('several components of a named export are registered', async () => {
  const file = write('two.mjs', `${prelude}export const mine = [${definitionText('A')}, ${definitionText('B')}];`);
  const registry = new Registry();
  await loadPlugin(`${file}:mine`, registry);
  assert.deepEqual(registry.tags(), ['A', 'B']);
});

const failures: readonly (readonly [name: string, spec: () => string, message: RegExp])[] = [
  ['a file that is absent', () => join(folder, 'absent.mjs'), /absent\.mjs does not exist/],
  ['a package that is absent', () => '@acme/absent', /is not found$/],
  [
    'a Python module of the original',
    () => 'example.plugin:Storage',
    /is not found; Python modules of the original cannot be loaded/,
  ],
  ['a module that throws', () => write('throws.mjs', 'throw new Error("bang");'), /cannot be loaded: bang/],
  ['a module with a syntax error', () => write('syntax.mjs', 'export const = 5'), /cannot be loaded: /],
  ['an export that is absent', () => `${write('none.mjs', 'export const other = 1;')}`, /exports no plugin/],
  [
    'an export that is no component',
    () => write('wrong.mjs', 'export const plugin = { tag: "X" };'),
    /not made by definePlugin/,
  ],
  ['an empty list', () => write('empty.mjs', 'export const plugin = [];'), /exports 0 components/],
  ['a file that everybody can write', () => worldWritable(), /writable by everybody/],
];

function worldWritable(): string {
  const file = write('open.mjs', 'export const plugin = [];');
  chmodSync(file, 0o666);
  return file;
}

for (const [name, spec, message] of failures) {
  test(`refused: ${name}, naming the spec`, async () => {
    const text = spec();
    await assert.rejects(() => loadPlugin(text, new Registry()), {
      code: 'INVALID_CONFIG',
      subject: `--register ${text}`,
      message,
    });
  });
}

test('a plugin cannot take the tag of another', async () => {
  const registry = new Registry();
  await loadPlugin(write('first.mjs', `${prelude}export const plugin = ${definitionText('Same')};`), registry);
  const second = write('second.mjs', `${prelude}export const plugin = ${definitionText('Same')};`);
  await assert.rejects(() => loadPlugin(second, registry), { message: /first\.mjs and again by .*second\.mjs/ });
});

test('without its plugin a tag is unknown', () => {
  assert.match(problemsOf('runner: !Acme', { definitions: [] }), /the tag !Acme is unknown/);
});
