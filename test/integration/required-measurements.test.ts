import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Capability__Output as Capability } from '../../shared/rpc/gen/wca/v1/Capability.ts';
import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess } from '../kit/controller-process.ts';

/** What is asked for with `true` is measured, or the controller ends with the host's reason: on any host one of the two. */

let collector: CollectorProcess;
let capabilities: readonly Capability[] = [];

before(async () => {
  collector = await CollectorProcess.start({ args: ['--allow', 'rdt-monitoring'] });
  const client = collector.client();
  const platform = await new Promise<Platform>((resolve, reject) => {
    client.getPlatform({ client: apiVersion }, (error, reply) =>
      reply === undefined ? reject(error) : resolve(reply),
    );
  });
  capabilities = platform.capabilities;
});
after(() => collector.stop());

const cases = [
  { parameter: 'rdt_enabled', capability: 'rdt.monitoring' },
  { parameter: 'enable_perf_uncore', capability: 'uncore' },
  { parameter: 'gather_hw_mm_topology', capability: 'memory_modules' },
];

for (const { parameter, capability } of cases) {
  test(`${parameter}: true measures or ends with the reason`, async (t) => {
    const known = capabilities.find(({ name }) => name === capability);
    if (known === undefined) return t.skip(`the collector tells nothing of ${capability}`);
    const config = `runner: !MeasurementRunner {node: !StaticNode {tasks: []}, ${parameter}: true}\n`;
    const controller = new ControllerProcess({ config, collector: collector.socket, args: ['--iterations', '1'] });
    t.after(() => controller.stop('SIGKILL'));
    const status = await controller.ended;
    if (known.available) {
      assert.equal(status, 0, controller.log);
      return;
    }
    assert.equal(status, 1, controller.log);
    const last = controller.log
      .trim()
      .split('\n')
      .findLast((line) => line.includes('"level":"error"'));
    const { code, remedy } = JSON.parse(last ?? '{}');
    assert.match(String(code), /^(FEATURE_ABSENT|PERMISSION|KERNEL_REFUSED)$/);
    if (known.remedy !== '') assert.ok(typeof remedy === 'string' && remedy !== '', last);
  });
}
