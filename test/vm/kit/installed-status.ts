import assert from 'node:assert/strict';
import type { GetControllerStatusResponse__Output as ControllerStatus } from '../../../shared/rpc/gen/wca/v1/GetControllerStatusResponse.ts';
import type { GetMetricsResponse__Output as Metrics } from '../../../shared/rpc/gen/wca/v1/GetMetricsResponse.ts';
import type { GetStatusResponse__Output as CollectorStatus } from '../../../shared/rpc/gen/wca/v1/GetStatusResponse.ts';
import { loadContract } from '../../../shared/rpc/proto.ts';
import { becomes, collectorUnit, controllerUnit, mainPid } from './installed.ts';

/** What the two installed services say of themselves. */

const contract = loadContract();

/** One call; the client is closed at once. */
async function ask<C extends { close(): void }, T>(
  client: C,
  call: (client: C, done: (error: unknown, reply: T | undefined) => void) => unknown,
): Promise<T> {
  try {
    return await new Promise<T>((resolve, reject) => {
      call(client, (error, reply) => (reply === undefined ? reject(error) : resolve(reply)));
    });
  } finally {
    client.close();
  }
}

const collector = () => contract.createCollectorClient('unix:/run/wca/collector.sock');
const controller = () => contract.createControllerClient('unix:/run/wca-controller/controller.sock');

/** Samples that the collector took. */
export async function readTicks(): Promise<number> {
  const { sampler } = await ask<ReturnType<typeof collector>, CollectorStatus>(collector(), (client, done) =>
    client.getStatus({}, done),
  );
  return Number(sampler?.ticks);
}

/** Iterations of the controller's runner. */
export async function readIterations(): Promise<number> {
  const status = await ask<ReturnType<typeof controller>, ControllerStatus>(controller(), (client, done) =>
    client.getStatus({}, done),
  );
  return status.iterations;
}

/** Unix time at which the controller measured last, as its metrics say. */
export async function measuredAt(): Promise<number> {
  const { exposition } = await ask<ReturnType<typeof controller>, Metrics>(controller(), (client, done) =>
    client.getMetrics({ names: ['wca_up'] }, done),
  );
  return Number(/^wca_up\S* (\S+)/m.exec(exposition)?.[1]);
}

/** Of the collector and the controller. */
export const readPids = (): readonly number[] => [collectorUnit, controllerUnit].map(mainPid);

/** Both go on, as the processes they were. */
export async function goOn(before: readonly number[]): Promise<void> {
  const count = await readIterations();
  await becomes(readIterations, (now) => now > count);
  assert.deepEqual(readPids(), before);
}
