import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import { formatComponentsPage, formatErrorsPage, formatMetricsPage } from '../../../../controller/config/reference.ts';
import { errorCodes } from '../../../../shared/errors/codes.ts';
import { catalog } from '../../../../shared/metrics/catalog.ts';
import { load, problemsOf } from '../../../kit/configurations.ts';
import { packageRoot } from '../../../kit/package-root.ts';

test('every metric, error and parameter stands in its page', () => {
  const metrics = formatMetricsPage(catalog);
  for (const name of catalog.keys()) assert.ok(metrics.includes(`| \`${name}\` |`), name);
  const errors = formatErrorsPage(errorCodes);
  for (const name of Object.keys(errorCodes)) assert.ok(errors.includes(`| \`${name}\` |`), name);
  const components = formatComponentsPage(builtinComponents());
  for (const { tag, parameters } of builtinComponents()) {
    assert.ok(components.includes(`### !${tag}\n`), tag);
    for (const name of parameters.keys()) assert.ok(components.includes(`| \`${name}\` |`), name);
  }
});

test('the example of each runner loads, the others stand as its parts do', () => {
  for (const { tag, kind, example } of builtinComponents()) {
    if (example === undefined) continue;
    assert.ok(example.startsWith(`!${tag}`), tag);
    const text = `runner: ${example.replaceAll('\n', '\n  ')}`;
    if (kind === 'runner') load(text, { definitions: builtinComponents() });
    else {
      // Only the kind is wrong with it.
      assert.match(problemsOf(text, { definitions: builtinComponents() }), new RegExp(`^\\S+:1:9 runner: !${tag} is `));
    }
  }
});

test('the pages in docs/ are what is generated today (npm run docs)', () => {
  const script = join(import.meta.dirname, '../../../../controller/config/write-reference.js');
  execFileSync(process.execPath, [script, '--check'], { cwd: packageRoot(), stdio: 'pipe' });
});
