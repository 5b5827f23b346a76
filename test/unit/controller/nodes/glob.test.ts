import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesPath, parsePathGlob } from '../../../../controller/nodes/glob.ts';

const cases: readonly (readonly [pattern: string, path: string, expected: boolean])[] = [
  ['/docker/*', '/docker/abc', true],
  ['/docker/*', '/docker', false],
  ['/docker/*', '/docker/abc/init', false],
  ['/docker/*', '/podman/abc', false],
  ['docker/*', '/docker/abc', true],
  ['/', '/', true],
  ['/', '/a', false],
  ['*', '/a', true],
  ['*', '/', false],
  ['**', '/', true],
  ['**', '/a/b/c', true],
  ['/a/**', '/a', true],
  ['/a/**', '/a/b/c', true],
  ['/a/**', '/ab/c', false],
  ['/**/pod*', '/kubepods/burstable/pod1', true],
  ['/**/pod*', '/pod1', true],
  ['/**/pod*', '/pod1/c', false],
  ['/a/**/b/**/c', '/a/x/b/b/y/c', true],
  ['/a/**/b/**/c', '/a/x/y/c', false],
  ['/system.slice/docker-*.scope', '/system.slice/docker-0a.scope', true],
  ['/system.slice/docker-*.scope', '/system.slice/docker-0a.scopes', false],
  ['/a?c', '/abc', true],
  ['/a?c', '/ac', false],
  ['/a.c', '/abc', false],
  ['/a[b]', '/ab', false],
  ['/*a*b', '/xaxxab', true],
  ['/*a*b', '/xaxxa', false],
];

for (const [pattern, path, expected] of cases) {
  test(`${pattern} ${expected ? 'matches' : 'does not match'} ${path}`, () => {
    assert.equal(matchesPath(parsePathGlob(pattern), path), expected);
  });
}

test('an empty pattern and one of more than 400 characters are refused', () => {
  assert.throws(() => parsePathGlob(''), { code: 'INVALID_CONFIG' });
  assert.throws(() => parsePathGlob('a'.repeat(401)), { code: 'INVALID_CONFIG' });
});

test('a pattern of stars only costs the product of the lengths', () => {
  const glob = parsePathGlob(`/${'*a'.repeat(199)}b`);
  const startMs = performance.now();
  assert.equal(matchesPath(glob, `/${'a'.repeat(4000)}`), false);
  const deep = parsePathGlob('**/a/'.repeat(60));
  assert.equal(matchesPath(deep, '/a'.repeat(2000).concat('/b')), false);
  assert.ok(performance.now() - startMs < 2000);
});

test('globs agree with a slow and simple matcher', () => {
  const slow = (pattern: readonly string[], names: readonly string[]): boolean => {
    const [first, ...rest] = pattern;
    if (first === undefined) return names.length === 0;
    if (first === '**') return names.some((_, i) => slow(rest, names.slice(i))) || slow(rest, []);
    const [name, ...others] = names;
    if (name === undefined) return false;
    const regex = new RegExp(`^${first.replaceAll('*', '.*').replaceAll('?', '.')}$`);
    return regex.test(name) && slow(rest, others);
  };
  const name = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 });
  const part = fc.oneof(
    fc.constant('**'),
    fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.array(name, { maxLength: 5 }), (parts, names) => {
      assert.equal(matchesPath(parsePathGlob(parts.join('/')), `/${names.join('/')}`), slow(parts, names));
    }),
  );
});
