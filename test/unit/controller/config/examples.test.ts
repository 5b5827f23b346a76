import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import { load } from '../../../kit/configurations.ts';
import { packageRoot } from '../../../kit/package-root.ts';

/** Those that this host can run are run in test/integration/examples-run.test.ts. */

const folder = join(packageRoot(), 'examples');
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
const definitions = builtinComponents();
const env = { HOSTNAME: 'node1', KUBERNETES_SERVICE_HOST: '10.0.0.1' };

for (const file of files) {
  test(`examples/${file} loads, in the spelling of today`, () => {
    const { deprecations } = load(readFileSync(join(folder, file), 'utf8'), { definitions, env });
    assert.deepEqual(deprecations, []);
  });
}

test('each node, storage and runner stands in an example, and each example in the list of them', () => {
  const used = new Set(
    files.flatMap((file) =>
      load(readFileSync(join(folder, file), 'utf8'), { definitions, env }).components.map(({ tag }) => tag),
    ),
  );
  for (const { kind, tag } of definitions) {
    if (kind === 'node' || kind === 'storage' || kind === 'runner') assert.ok(used.has(tag), tag);
  }
  const listed = readFileSync(join(folder, 'README.md'), 'utf8');
  for (const file of files) assert.ok(listed.includes(`[${file}](${file})`), file);
});

/** Where tasks come from × what is done with them. */
for (const node of ['CgroupNode|StaticNode', 'KubernetesNode', 'MesosNode']) {
  for (const runner of ['MeasurementRunner', 'DetectionRunner', 'AllocationRunner']) {
    test(`there is an example of ${node} with ${runner}`, () => {
      const tags = new RegExp(`^(${node})$`);
      const found = files.filter((file) => {
        const { components } = load(readFileSync(join(folder, file), 'utf8'), { definitions, env });
        return components[0]?.tag === runner && components.some(({ tag }) => tags.test(tag));
      });
      assert.ok(found.length > 0);
    });
  }
}
