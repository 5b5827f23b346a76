import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { readCgroupLayout } from '../../collector/kernel/cgroup/layout.ts';
import { FdBudget } from '../../collector/kernel/fd-budget.ts';
import { Row } from '../../collector/kernel/row.ts';
import type { OptionalSource, TargetReading } from '../../collector/watch/ports.ts';
import { RdtMonitoring } from '../../collector/watch/sources/rdt-monitoring.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeResctrl } from './fake-resctrl.ts';

const iceLake = { vendor: 'GenuineIntel', family: 6, model: 106, stepping: 6 };

/** RDT monitoring of a fake machine, driven tick by tick. */
export class RdtBench {
  readonly clock = new FakeClock();
  readonly budget = new FdBudget(10_000);
  readonly kernel: FakeResctrl;
  readonly monitoring: RdtMonitoring;
  readonly source: OptionalSource;

  /** With `kernel`: on a machine that another bench made, after a restart of the collector. */
  constructor(
    t: { after(undo: () => void): void },
    machine: ConstructorParameters<typeof FakeResctrl>[0] = {},
    options: BenchOptions = {},
  ) {
    this.kernel = options.kernel ?? new FakeResctrl(machine);
    t.after(() => this.kernel.remove());
    this.monitoring = new RdtMonitoring({
      roots: this.kernel.roots,
      layout: readCgroupLayout(this.kernel.roots),
      cpu: iceLake,
      kernel: '6.1.0',
      allowed: options.allowed ?? true,
      budget: this.budget,
      clock: this.clock,
      calls: this.kernel.calls,
    });
    this.source = this.monitoring.openSource({ perDomain: options.perDomain ?? false });
  }

  open(path: string, cgroups: readonly string[] = [path]): TargetReading {
    const reading = this.source.targets?.open({ path, cgroups });
    assert.ok(reading !== undefined);
    return reading;
  }

  /** A tick and all background work that follows. */
  async tick(readings: readonly TargetReading[] = [], ms = 1000): Promise<void> {
    this.source.platform?.refresh();
    for (const reading of readings) reading.read();
    this.source.targets?.afterTick();
    for (let i = 0; i < 10; i += 1) await setImmediate();
    this.clock.advanceMs(ms);
  }

  async ticks(count: number, readings: readonly TargetReading[] = []): Promise<void> {
    for (let i = 0; i < count; i += 1) await this.tick(readings);
  }

  /** Present values of a reading by column. */
  shown(reading: TargetReading): Record<string, bigint> {
    const { columns = [] } = this.source.targets ?? {};
    return valuesOf(reading.row, columns);
  }

  platform(): Record<string, bigint> {
    const { columns, readInto } = this.source.platform ?? { columns: [], readInto: () => {} };
    const row = new Row(columns.length);
    readInto(row, 0);
    return valuesOf(row, columns);
  }
}

interface BenchOptions {
  readonly allowed?: boolean;
  readonly perDomain?: boolean;
  readonly kernel?: FakeResctrl;
}

function valuesOf(
  row: Row,
  columns: readonly { readonly metric: string; readonly labels: Readonly<Record<string, string>> }[],
): Record<string, bigint> {
  return Object.fromEntries(
    columns.flatMap(({ metric, labels }, i) => {
      if (row.present[i] === 0) return [];
      const value = (BigInt(row.words[2 * i + 1] ?? 0) << 32n) | BigInt(row.words[2 * i] ?? 0);
      const label = labels['domain_id'];
      return [[label === undefined ? metric : `${metric} ${label}`, value]];
    }),
  );
}

/** A monitoring group of the root control group. */
export const inRoot = (monitoring: string) => ({ control: '', monitoring });
