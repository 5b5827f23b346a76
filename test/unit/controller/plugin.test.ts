import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadPlugin } from '../../../controller/config/load-plugin.ts';
import { Registry } from '../../../controller/config/registry.ts';
import { definePlugin, float, str, withDefault } from '../../../controller/plugin.ts';
import { createComponent } from '../../../controller/plugin-kit.ts';

const folder = mkdtempSync(join(tmpdir(), 'wca-plugin-'));
after(() => rmSync(folder, { recursive: true }));

const plugin = import.meta.resolve('../../../controller/plugin.js');

function write(name: string, declaration: string): string {
  const file = join(folder, name);
  writeFileSync(
    file,
    `import { definePlugin } from '${plugin}';\nexport const plugin = definePlugin(${declaration});\n`,
  );
  return file;
}

const whole = {
  apiVersion: '1',
  tag: "'Acme'",
  kind: "'allocator'",
  doc: "'d'",
  parameters: '{}',
  create: '() => ({ allocate: () => ({ allocations: new Map() }) })',
};

function declarationText(changes: Readonly<Record<string, string>>): string {
  const fields = Object.entries({ ...whole, ...changes }).map(([name, value]) => `${name}: ${value}`);
  return `{ ${fields.join(', ')} }`;
}

test('a plugin is loaded, is of its kind, and makes its component', async () => {
  const registry = new Registry();
  await loadPlugin(write('whole.mjs', declarationText({})), registry);
  const definition = registry.find('allocator', 'Acme');
  assert.ok(definition !== undefined);
  assert.equal(typeof createComponent(definition).allocate, 'function');
});

for (const [changes, message] of [
  [{ apiVersion: '2' }, /apiVersion is 2, not 1/],
  [{ apiVersion: 'undefined' }, /apiVersion is undefined/],
  [{ tag: "'!Acme'" }, /tag must be a name/],
  [{ tag: "'Env'" }, /tag must be a name/],
  [{ kind: "'config'" }, /kind must be one of runner, /],
  [{ kind: "'allocators'" }, /kind must be one of .*allocator, detector/],
  [{ doc: 'undefined' }, /doc must be a text/],
  [{ parameters: 'null' }, /parameters must be an object/],
  [{ create: '5' }, /create must be a function/],
] as const) {
  test(`a plugin with ${JSON.stringify(changes)} is refused with the reason`, async () => {
    const file = write(
      `${Object.values(changes).join().replace(/\W/g, '_')}-${Object.keys(changes).join()}.mjs`,
      declarationText(changes),
    );
    await assert.rejects(() => loadPlugin(file, new Registry()), { code: 'INVALID_CONFIG', message });
  });
}

test('a plugin of a later interface, made by its own copy of WCA, is refused with both versions', async () => {
  const file = join(folder, 'later.mjs');
  writeFileSync(
    file,
    `import { definePlugin } from '${plugin}';\nexport const plugin = { ...definePlugin(${declarationText({})}), apiVersion: 2 };\n`,
  );
  await assert.rejects(() => loadPlugin(file, new Registry()), {
    message: /is written for version 2 of the plugin interface, this is 1/,
  });
});

test('a plugin that does not find WCA is refused with the remedy', async () => {
  const file = join(folder, 'lost.mjs');
  writeFileSync(file, "import { definePlugin } from 'wca/plugin';\nexport const plugin = definePlugin({});\n");
  await assert.rejects(() => loadPlugin(file, new Registry()), {
    message: /Cannot find package 'wca'/,
    remedy: /npm install FOLDER_OF_WCA/,
  });
});

const target = definePlugin({
  apiVersion: 1,
  tag: 'Target',
  kind: 'labels',
  doc: 'A label with the target.',
  parameters: {
    target: withDefault(float({ min: 0, max: 1 }), 0.65, { doc: 'Part of the host.' }),
    unit: withDefault(str(), 'CPUs', { doc: 'Told after it.' }),
  },
  create: ({ target: value, unit }) => ({ generate: () => `${value} ${unit}` }),
});

const task = { id: 't', name: 't', cgroupPath: '/t', subcgroupPaths: [], labels: {}, resources: {} };

test('the kit makes a component with its defaults, and from YAML', () => {
  assert.equal(createComponent(target).generate(task), '0.65 CPUs');
  assert.equal(createComponent(target, '{target: 1}').generate(task), '1 CPUs');
  assert.equal(
    createComponent(target, '\n  target: 0.5\n  unit: !Env UNIT', { env: { UNIT: 'cores' } }).generate(task),
    '0.5 cores',
  );
});

test('the kit refuses parameters as the controller does', () => {
  assert.throws(() => createComponent(target, '{target: 2, units: 5}'), {
    code: 'INVALID_CONFIG',
    message:
      /2 problems[\s\S]*Target\.target: got the int 2, too large[\s\S]*Target\.units: !Target has no such parameter/,
  });
  assert.throws(() => createComponent(target, '{target: '), { code: 'INVALID_CONFIG' });
});
