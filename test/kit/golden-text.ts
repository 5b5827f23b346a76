import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Deltas } from '../../controller/derived/deltas.ts';
import { deriveTaskMetrics, EventPlaces } from '../../controller/derived/task-metrics.ts';
import { deriveUncoreMetrics } from '../../controller/derived/uncore-metrics.ts';
import { defaultLabelGenerators } from '../../controller/labels/label-tasks.ts';
import type { Delivery } from '../../controller/model/delivery.ts';
import type { Labels } from '../../controller/model/metric.ts';
import type { Task } from '../../controller/model/task.ts';
import { Board } from '../../controller/runners/board.ts';
import { type FieldChoice, FieldFilter } from '../../controller/runners/field-filter.ts';
import { KnownHost, type PlatformSource } from '../../controller/runners/known-host.ts';
import { LabelledTasks } from '../../controller/runners/labelled-tasks.ts';
import { ExpositionFormatter } from '../../controller/storages/exposition.ts';
import { fixture } from './package-root.ts';

export interface ExposeOptions {
  readonly source: PlatformSource;
  readonly tasks: readonly Task[];
  /** The readings; the last one is exported. */
  readonly deliveries: readonly Delivery[];
  readonly extraLabels?: Labels;
  readonly fields?: FieldChoice;
}

const noFields: FieldChoice = { sched: true, vmstat: true, zoneinfo: true };

/** The exposition text of the last reading, as the measurement runner makes it, without what differs from run to run. */
export async function exposeText(options: ExposeOptions): Promise<string> {
  const { source, deliveries, extraLabels = {}, fields = noFields } = options;
  const host = new KnownHost({
    source,
    board: new Board(),
    extraLabels,
    includeOptionalLabels: false,
    fields: new FieldFilter(fields),
  });
  await host.refresh(1);
  const delivery = deliveries.at(-1);
  assert.ok(delivery !== undefined && host.exporter !== undefined);
  const deltas = new Deltas(deliveries.at(-2), delivery);
  const labelled = new LabelledTasks(defaultLabelGenerators());
  const batch = host.exporter.export({
    ...delivery,
    tasks: labelled.update(options.tasks, (error) => assert.fail(error)),
    derived: deriveTaskMetrics(deltas, new EventPlaces().of(delivery.schema)),
    internal: [
      { name: 'wca_information', value: 1, labels: { ...host.information, wca_version: 'golden' } },
      ...deriveUncoreMetrics(deltas).map(({ metric, labels, value }) => ({ name: metric, labels, value })),
    ],
    timestampMs: Number(delivery.snapshot.realtimeNs / 1_000_000n),
  });
  assert.deepEqual(batch.refused, []);
  const families = batch.families.filter(({ name }) => !/^wca_(collector|.*_seconds$)/.test(name));
  return new ExpositionFormatter({ format: 'text', timestamps: false }).format({ ...batch, families }).toString('utf8');
}

/** Compares with test/fixtures/golden/NAME.prom. `WCA_GOLDEN=write` writes it instead: look at the difference then. */
export function assertGolden(name: string, text: string): void {
  const path = fixture('golden', `${name}.prom`);
  if (process.env['WCA_GOLDEN'] === 'write') {
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
    return;
  }
  assert.equal(text, readFileSync(path, 'utf8'), `${path} (WCA_GOLDEN=write writes it)`);
}
