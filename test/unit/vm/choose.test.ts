import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../kit/package-root.ts';
import { chooseRuns, parseTestGuests } from '../../vm/choose.ts';
import { guests } from '../../vm/guests.ts';

const tests = [
  { name: 'memory.test.js', guests: ['v2', 'v1', 'nodes4'] },
  { name: 'pressure.test.js', guests: ['v2'] },
  { name: 'instructions.test.js', guests: ['arm64'] },
];

function chosen(words: readonly string[], all = false): readonly string[] {
  return chooseRuns(words, { guests, tests, all }).map(
    ({ guest, tests: files }) => `${guest.name}: ${files.map(({ name }) => name.split('.')[0]).join(' ')}`,
  );
}

for (const { words, all = false, expected } of [
  { words: [], expected: ['v2: memory pressure', 'v1: memory', 'arm64: instructions'] },
  { words: [], all: true, expected: ['v2: memory pressure', 'v1: memory', 'arm64: instructions', 'nodes4: memory'] },
  { words: ['nodes4'], expected: ['nodes4: memory'] },
  { words: ['memory'], expected: ['v2: memory', 'v1: memory'] },
  { words: ['v2', 'press', 'instr'], expected: ['v2: pressure'] },
  { words: ['v1', 'pressure'], expected: [] },
  { words: ['nothing'], expected: [] },
]) {
  test(`words ${JSON.stringify(words)}${all ? ' --all' : ''} run ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(chosen(words, all), expected);
  });
}

test('the names of guests differ, so that a word means one', () => {
  assert.equal(new Set(guests.map(({ name }) => name)).size, guests.length);
});

test('every test file of the virtual machines says which guests it is for', () => {
  const folder = join(packageRoot(), 'test', 'vm', 'tests');
  const files = readdirSync(folder);
  assert.ok(files.length > 3);
  for (const name of files) {
    assert.ok(parseTestGuests(name, readFileSync(join(folder, name), 'utf8'), guests).length > 0);
  }
});

for (const { what, source, error } of [
  { what: 'no line', source: 'import x;\n', error: /a\.js has no line "\/\/ guests: NAME\.\.\."/ },
  { what: 'no name', source: '// guests:\n', error: /has no line/ },
  { what: 'an unknown guest', source: '// guests: v2 v3\n', error: /a\.js is for an unknown guest: v3/ },
]) {
  test(`a test file with ${what} is refused`, () => {
    assert.throws(() => parseTestGuests('a.js', source, guests), error);
  });
}

test('the line of guests is found below others', () => {
  assert.deepEqual(parseTestGuests('a', "'use strict';\n// guests: v2 nodes4\nimport", guests), ['v2', 'nodes4']);
});
