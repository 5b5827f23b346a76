import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nopAllocator } from '../../../../controller/allocators/nop-allocator.ts';
import { numaAllocator } from '../../../../controller/allocators/numa/component.ts';
import { parseRules } from '../../../../controller/allocators/static/rules-file.ts';
import { staticAllocator } from '../../../../controller/allocators/static/static-allocator.ts';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import { Checker } from '../../../../controller/config/checker.ts';
import type { AnyDefinition } from '../../../../controller/config/component.ts';
import type { ConfigNode } from '../../../../controller/config/config-node.ts';
import { parseYaml } from '../../../../controller/config/yaml-document.ts';
import { fakeContext } from '../../../../controller/plugin-kit.ts';
import { load, problemsOf, registryOf } from '../../../kit/configurations.ts';
import { fixture } from '../../../kit/package-root.ts';

/** The original's samples with allocators load unchanged, as far as their components exist. */

const folder = fixture('original-configs');
const env = { HOSTNAME: 'node1' };
const byTag = new Map<string, AnyDefinition>(
  [...builtinComponents(), nopAllocator, staticAllocator, numaAllocator].map((definition) => [
    definition.tag,
    definition,
  ]),
);
const definitions = [...byTag.values()];
const rulesFile = 'static_allocator_config.yaml';

function textOf(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

function child(node: ConfigNode | undefined, key: string): ConfigNode {
  const content = node?.kind === 'component' ? node.content : node;
  assert.equal(content?.kind, 'mapping');
  const found = content.entries.find((entry) => entry.key === key)?.value;
  assert.ok(found !== undefined, key);
  return found;
}

for (const name of readdirSync(folder).filter((file) => file !== rulesFile)) {
  test(`the allocator of ${name} is right`, () => {
    const { root, problems } = parseYaml(textOf(name), env);
    assert.deepEqual(problems, []);
    const checker = new Checker(registryOf(definitions), () => false);
    const site = checker.site('allocator');
    const checked = site.component('allocator', child(child(root, 'runner'), 'allocator'));
    assert.deepEqual(site.problems, []);
    assert.deepEqual(checker.make(fakeContext()), []);
    assert.equal(typeof checked?.(fakeContext()).allocate, 'function');
  });

  test(`${name} has no problem but components that are not there yet`, () => {
    const text = textOf(name);
    const tags = [...text.replaceAll(/^\s*#.*$/gm, '').matchAll(/!([A-Za-z]+)/g)].map(([, tag = '']) => tag);
    const missing = tags.filter((tag) => tag !== 'Env' && !byTag.has(tag));
    // Files of the original's machine that are not on this one.
    const files = [...text.matchAll(/_path: ["']?([^\s"']+)/g)].map(([, path = '']) => path);
    if (missing.length === 0 && files.length === 0) {
      load(text, { definitions, env });
      return;
    }
    const lines = problemsOf(text, { definitions, env })
      .split('\n')
      .filter((line) => /:\d+:\d+/.test(line));
    assert.ok(lines.length > 0);
    for (const line of lines)
      assert.ok(
        missing.some((tag) => line.includes(`the tag !${tag} is unknown`)) ||
          files.some((file) => line.includes(`"${file}", it cannot be read`)),
        line,
      );
  });
}

test('the rules of the sample are right', () => {
  const { rules, notes } = parseRules({ file: rulesFile, text: textOf(rulesFile), env });
  assert.deepEqual(notes, []);
  assert.deepEqual(
    rules.map(({ allocations }) => allocations),
    [{ cpu_quota: 1, cpu_shares: 10, cpuset_cpus: '0-1' }],
  );
});

test('the switch without effect is told as such', () => {
  const checker = new Checker(registryOf(definitions), () => false);
  const { root } = parseYaml('!NUMAAllocator {cgroups_cpus_binding: false}', {});
  assert.ok(root !== undefined);
  checker.site('allocator').component('allocator', root);
  assert.deepEqual(
    checker.notes.map(({ text }) => text),
    ['without effect: CPUs are always bound'],
  );
});
