import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess, seriesValue } from '../kit/controller-process.ts';
import { KafkaBroker, skipWithoutKafka } from '../kit/kafka-broker.ts';

/** The whole agent with a Kafka broker that is away at the start, comes, goes, and comes back. */

const skip = skipWithoutKafka();

const configOf = (broker: KafkaBroker): string => `
runner: !MeasurementRunner
  interval: 0.25
  node: !StaticNode {tasks: []}
  metrics_storage: !KafkaStorage
    topic: agent
    brokers_ips: ["${broker.address}"]
    max_timeout_in_seconds: 1
    extra_config: {retry.backoff.max.ms: "500"}
`;

const ups = (messages: readonly Buffer[]): readonly number[] =>
  messages.map((message) => seriesValue(message.toString(), 'wca_up') ?? 0);

const logLines = (controller: ControllerProcess, text: string): number => controller.log.split(text).length - 1;

test('the loop goes on without its broker; what waited arrives; one line at each start and end of the trouble', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const broker = await KafkaBroker.create();
  t.after(() => broker.remove());
  const collector = await CollectorProcess.start();
  t.after(() => collector.stop());
  const controller = new ControllerProcess({ config: configOf(broker), collector: collector.socket });
  t.after(() => controller.stop('SIGKILL'));
  const value = async (name: string): Promise<number> => seriesValue(await controller.metrics([name]), name) ?? 0;
  const waiting = (): Promise<number> => value('wca_batches_waiting');

  await controller.until(waiting, (count) => count >= 8);
  await broker.start();
  await controller.until(waiting, (count) => count === 0);
  await controller.until(
    () => logLines(controller, 'works again'),
    (count) => count === 1,
  );
  await broker.kill();
  await controller.until(waiting, (count) => count >= 8);
  await broker.start();
  await controller.until(waiting, (count) => count === 0);
  await controller.until(
    () => logLines(controller, 'works again'),
    (count) => count === 2,
  );

  assert.equal(logLines(controller, 'keeping its metrics for later'), 2, controller.log);
  assert.equal(await value('wca_batches_failed'), 0);
  const dropped = await value('wca_batches_dropped');
  assert.ok(dropped <= 8, `${dropped} dropped`);
  assert.equal(await controller.stop('SIGTERM'), 0, controller.log);
  const times = ups(broker.read('agent'));
  assert.ok(times.length > 16);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  const longest = Math.max(...times.slice(2).map((time, i) => time - (times[i + 1] ?? time)));
  assert.ok(longest < 3, `a gap of ${longest} s: the loop stood still`);
});
