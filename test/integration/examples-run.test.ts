import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../kit/package-root.ts';

/** The examples that need no orchestrator, run on this host: brokers and receivers that are not there end nothing. */

const ctl = fileURLToPath(new URL('../../controller/ctl/main.js', import.meta.url));
const examples = join(packageRoot(), 'examples');
const folder = mkdtempSync(join(tmpdir(), 'wca-examples-'));
// The controller is another user when this one is root.
chmodSync(folder, 0o777);
after(() => rmSync(folder, { recursive: true, force: true }));

/** As a user would change it for a try: faster, any free port, files in a folder of the test. */
function adapted(text: string): string {
  return text
    .replace(/interval: [\d.]+/, 'interval: 0.2')
    .replaceAll(/!PrometheusStorage( &\w+)?( \{\})?\n(\s+ip: \S+\n)?/g, '!PrometheusStorage$1 {port: 0}\n')
    .replaceAll(
      /output_filename: (\S+)/g,
      (_, name: string) => `output_filename: ${join(folder, name.split('/').at(-1) ?? '')}`,
    );
}

for (const file of readdirSync(examples).filter((name) => name.endsWith('.yaml'))) {
  const text = readFileSync(join(examples, file), 'utf8');
  // Orchestrators, and collectors of other hosts, are not here.
  if (/!(KubernetesNode|MesosNode)|^collectors:/m.test(text)) continue;
  test(`examples/${file} runs on this host`, () => {
    const config = join(folder, file);
    writeFileSync(config, adapted(text), { mode: 0o600 });
    const args = [ctl, 'run', '--config', config, '-n', '3', '--log-level', 'warn'];
    const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
    // Those that insist on what few machines have end with the reason where it is not.
    const isRefused = /_enabled: true|enable_perf_uncore: true/.test(text) && stderr.includes('"FEATURE_ABSENT"');
    assert.equal(status, isRefused ? 1 : 0, `${stderr}\n${stdout}`);
  });
}
