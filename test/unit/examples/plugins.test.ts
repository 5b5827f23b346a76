import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { builtinComponents } from '../../../controller/config/builtin.ts';
import { loadPlugin } from '../../../controller/config/load-plugin.ts';
import { load, registryOf } from '../../kit/configurations.ts';
import { packageRoot } from '../../kit/package-root.ts';

const root = packageRoot();
// The plugins import wca/plugin, which package.json leads to dist/.
const built = existsSync(join(root, 'dist', 'controller', 'plugin.js'));
const skip = built ? false : 'dist/ is not built';

const plugins = [
  {
    folder: join(root, 'examples', 'allocator-plugin'),
    component: 'BestEffortSuppressor',
    kind: 'allocator',
    configuration: readFileSync(join(root, 'examples', 'allocator-plugin', 'config.yaml'), 'utf8'),
  },
  {
    folder: join(root, 'examples', 'detector-plugin'),
    component: 'CacheHogDetector',
    kind: 'detector',
    configuration: `runner: !DetectionRunner
  measurement_runner: !MeasurementRunner {node: !StaticNode {tasks: []}}
  detector: !CacheHogDetector {share: 0.8}`,
  },
];

for (const { folder, component, kind, configuration } of plugins) {
  test(`the tests of the example ${kind} pass`, { skip }, async () => {
    const environment = { ...process.env };
    delete environment['NODE_TEST_CONTEXT']; // else the run inside reports to the one outside
    const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', folder], {
      env: environment,
    });
    assert.match(stdout, /^# pass [1-9]/m);
    assert.match(stdout, /^# fail 0$/m);
  });

  test(`the example ${kind} is registered, and its configuration loads`, { skip }, async () => {
    const registry = registryOf(builtinComponents());
    await loadPlugin(join(folder, 'plugin.mjs'), registry);
    const plugin = registry.get(component);
    assert.equal(plugin?.definition.kind, kind);
    load(configuration, { definitions: [...builtinComponents(), plugin.definition] });
  });
}
