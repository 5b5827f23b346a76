import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseProductionPackages, debianArchitecture, isShipped } from '../../../packaging/dependencies.ts';
import { packageRoot } from '../../kit/package-root.ts';

test('chooseProductionPackages leaves out the project itself, what is for development, and types', () => {
  const packages = {
    '': {},
    'node_modules/yaml': {},
    'node_modules/typescript': { dev: true },
    'node_modules/a': { devOptional: true },
    'node_modules/@types/node': {},
    'node_modules/undici-types': {},
    'node_modules/undici': {},
    'node_modules/koffi-x64': { optional: true },
    'node_modules/yargs/node_modules/ansi-regex': {},
  };
  assert.deepEqual(chooseProductionPackages(packages), [
    { path: 'node_modules/yaml', optional: false },
    { path: 'node_modules/undici', optional: false },
    { path: 'node_modules/koffi-x64', optional: true },
    { path: 'node_modules/yargs/node_modules/ansi-regex', optional: false },
  ]);
});

test('every dependency of package.json is chosen from the real lock', () => {
  const read = (name: string) => JSON.parse(readFileSync(join(packageRoot(), name), 'utf8'));
  const chosen = chooseProductionPackages(read('package-lock.json').packages).map(({ path }) => path);
  const wanted = Object.keys(read('package.json').dependencies).map((name) => `node_modules/${name}`);
  assert.deepEqual(
    wanted.filter((path) => !chosen.includes(path)),
    [],
  );
  assert.ok(!chosen.includes('node_modules/typescript'));
});

const files: readonly (readonly [file: string, shipped: boolean])[] = [
  ['package.json', true],
  ['dist/index.js', true],
  ['lib/wasm.mjs', true],
  ['index.cjs', true],
  ['linux_x64/koffi.node', true],
  ['google/protobuf/descriptor.proto', true],
  ['LICENSE', true],
  ['LICENSE.md', true],
  ['licence.txt', true],
  ['docs/LICENSE', true],
  ['README.md', false],
  ['index.d.ts', false],
  ['index.d.mts', false],
  ['index.ts', false],
  ['index.js.map', false],
  ['src/call.cc', false],
  ['test/index.js', false],
  ['a/tests/index.js', false],
  ['docs/api.js', false],
  ['latest.js', true],
];
for (const [file, shipped] of files) {
  test(`${file} of a package is ${shipped ? '' : 'not '}shipped`, () => assert.equal(isShipped(file), shipped));
}

test('debianArchitecture knows those that the collector has system calls of', () => {
  assert.deepEqual(['x64', 'arm64', 'riscv64', 's390x', 'ia32'].map(debianArchitecture), [
    'amd64',
    'arm64',
    'riscv64',
    undefined,
    undefined,
  ]);
});
