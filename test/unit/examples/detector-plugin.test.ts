import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { builtinComponents } from '../../../controller/config/builtin.ts';
import { loadPlugin } from '../../../controller/config/load-plugin.ts';
import { load, registryOf } from '../../kit/configurations.ts';
import { packageRoot } from '../../kit/package-root.ts';

const root = packageRoot();
const folder = join(root, 'examples', 'detector-plugin');
// The plugin imports wca/plugin, which package.json leads to dist/.
const built = existsSync(join(root, 'dist', 'controller', 'plugin.js'));
const skip = built ? false : 'dist/ is not built';

test('the tests of the example detector pass', { skip }, async () => {
  const environment = { ...process.env };
  delete environment['NODE_TEST_CONTEXT']; // else the run inside reports to the one outside
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', folder], {
    env: environment,
  });
  assert.match(stdout, /^# pass [1-9]/m);
  assert.match(stdout, /^# fail 0$/m);
});

test('the example detector is registered, and a configuration with it loads', { skip }, async () => {
  const registry = registryOf(builtinComponents());
  await loadPlugin(join(folder, 'plugin.mjs'), registry);
  const plugin = registry.get('CacheHogDetector');
  assert.equal(plugin?.definition.kind, 'detector');
  const text = `runner: !DetectionRunner
  measurement_runner: !MeasurementRunner {node: !StaticNode {tasks: []}}
  detector: !CacheHogDetector {share: 0.8}`;
  load(text, { definitions: [...builtinComponents(), plugin.definition] });
});
