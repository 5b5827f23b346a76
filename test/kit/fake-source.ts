import { Row } from '../../collector/kernel/row.ts';
import type { MeasuredTarget, OptionalSource, SourcePlan, TargetReading } from '../../collector/watch/ports.ts';
import type { WcaError } from '../../shared/errors/wca-error.ts';
import type { Column } from '../../shared/rpc/watch-messages.ts';

/** An optional source in memory: counts what is done with it. Its values are how often each reading was read. */
export class FakeSource implements OptionalSource {
  readonly name = 'fake';
  /** In order: `open /a`, `read /a`, `close /a`, `platform`, `after`, `close`. */
  readonly log: string[] = [];
  readonly problems: WcaError[] = [];
  unavailable: readonly WcaError[] = [];
  notes: readonly WcaError[] = [];
  platformColumns: readonly Column[] = [{ metric: 'platform_fake', labels: {}, kind: 'u64', divisor: 1 }];
  #reads = 0;

  readonly platform = {
    columns: this.platformColumns,
    refresh: (): boolean => {
      const changed = this.platform.columns !== this.platformColumns;
      this.platform.columns = this.platformColumns;
      return changed;
    },
    readInto: (row: Row, at: number): void => {
      this.log.push('platform');
      this.#reads += 1;
      for (let i = 0; i < this.platform.columns.length; i += 1) row.setInteger(at + i, this.#reads);
    },
  };

  readonly targets = {
    columns: [{ metric: 'task_fake', labels: {}, kind: 'u64', divisor: 1 }] satisfies readonly Column[],
    open: (target: MeasuredTarget): TargetReading => this.#open(target),
    afterTick: (): void => {
      this.log.push('after');
    },
  };

  plan(key: string, required = false): SourcePlan {
    return { key, required, open: () => this };
  }

  close(): void {
    this.log.push('close');
  }

  #open({ path, cgroups }: MeasuredTarget): TargetReading {
    const name = [path, ...cgroups.filter((cgroup) => cgroup !== path)].join(' ');
    const row = new Row(1);
    let reads = 0;
    this.log.push(`open ${name}`);
    return {
      row,
      problems: this.problems,
      read: () => {
        this.log.push(`read ${name}`);
        reads += 1;
        row.setInteger(0, reads);
      },
      close: () => {
        this.log.push(`close ${name}`);
      },
    };
  }
}
