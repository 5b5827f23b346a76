import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { Column } from '../../../shared/rpc/watch-messages.ts';
import type { FdBudget } from '../../kernel/fd-budget.ts';
import { readDomainIds } from '../../kernel/resctrl/mon-data.ts';
import { counterFeatures, type MonitoredRdt } from '../../kernel/resctrl/probe.ts';
import { Row } from '../../kernel/row.ts';
import type { Scratch } from '../../kernel/scratch.ts';
import type { MeasuredTarget, OptionalSource, PlatformPart, TargetReading, TargetSource } from '../ports.ts';
import type { BandwidthBoard } from './bandwidth-board.ts';
import { planColumns, type RdtColumns } from './rdt-columns.ts';
import type { RdtGroups } from './rdt-groups.ts';
import { RdtReading, type ReadingParts } from './rdt-reading.ts';

const platformColumns: readonly Column[] = [
  { metric: 'wca_rdt_rmids_used', labels: {}, kind: 'u64', divisor: 1 },
  { metric: 'wca_rdt_rmids', labels: {}, kind: 'u64', divisor: 1 },
  { metric: 'wca_rdt_groups', labels: {}, kind: 'u64', divisor: 1 },
  { metric: 'wca_rdt_sync_seconds', labels: {}, kind: 'f64', divisor: 1 },
];

interface SourceParts {
  readonly found: MonitoredRdt;
  readonly groups: RdtGroups;
  /** Working time of the background rounds so far. */
  readonly syncSeconds: () => number;
  /** What must be known of this CPU. */
  readonly errata: readonly WcaError[];
  readonly perDomain: boolean;
  readonly board: BandwidthBoard;
  readonly budget: FdBudget;
  readonly clock: Clock;
  readonly scratch: Scratch;
  readonly onClosed: () => void;
}

/** Measures targets by monitoring groups of resctrl. */
export class RdtSource implements OptionalSource {
  readonly name = 'rdt';
  readonly unavailable: readonly WcaError[] = [];
  readonly platform: PlatformPart;
  readonly targets: TargetSource;
  readonly #parts: SourceParts;
  readonly #columns: RdtColumns;
  #domains: readonly number[];
  /** Readings of the path `/`, which has no group. */
  #roots = 0;
  #facts = '';
  #notes: readonly WcaError[] = [];
  #isClosed = false;

  constructor(parts: SourceParts) {
    this.#parts = parts;
    const { monitoring, mount } = parts.found;
    this.#domains = monitoring.domains;
    this.#columns = planColumns(monitoring.features, parts.perDomain ? this.#domains : []);
    this.platform = {
      columns: platformColumns,
      refresh: () => {
        this.#followDomains();
        this.#refreshNotes();
        return false;
      },
      readInto: (row, at) => this.#readPlatform(row, at),
    };
    const source = this;
    const readingParts: ReadingParts = {
      ...parts,
      mountPoint: mount.mountPoint,
      columns: this.#columns,
      domains: {
        get ids() {
          return source.#domains;
        },
      },
    };
    this.targets = {
      columns: this.#columns.columns,
      open: (target) => this.#open(target, readingParts),
      afterTick: () => parts.groups.afterTick(),
    };
    this.#refreshNotes();
  }

  get notes(): readonly WcaError[] {
    return this.#notes;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.onClosed();
  }

  #open(target: MeasuredTarget, parts: ReadingParts): TargetReading {
    if (target.path !== '/') return this.#shown(target, new RdtReading(target, parts));
    this.#roots += 1;
    return {
      row: new Row(this.#columns.columns.length),
      problems: [],
      read: () => {},
      close: () => {
        this.#roots -= 1;
      },
    };
  }

  /** The reading, whose bandwidth stands on the board until it is closed. */
  #shown(target: MeasuredTarget, reading: RdtReading): TargetReading {
    const { board } = this.#parts;
    const { row } = reading;
    board.show(target, row, this.#columns.columns);
    return {
      row,
      get problems() {
        return reading.problems;
      },
      read: () => reading.read(),
      close: () => {
        board.hide(target, row);
        reading.close();
      },
    };
  }

  #readPlatform(row: Row, at: number): void {
    const { groups, found, syncSeconds } = this.#parts;
    const { use } = groups;
    if (use === undefined) row.clear(at, 1);
    else row.setInteger(at, use.used);
    row.setInteger(at + 1, found.monitoring.numRmids);
    row.setInteger(at + 2, groups.size);
    row.setDouble(at + 3, syncSeconds());
  }

  /** Domains come and go with their CPUs; those of the root group are those of every group. */
  #followDomains(): void {
    const ids = readDomainIds(this.#parts.found.mount.mountPoint);
    const isSame = ids.length === this.#domains.length && ids.every((id, i) => id === this.#domains[i]);
    if (!isSame) this.#domains = ids;
  }

  /** Makes the notes anew when something that they tell of has changed. */
  #refreshNotes(): void {
    const { groups, found, perDomain, errata } = this.#parts;
    const { nested, trouble } = groups;
    const late = perDomain ? this.#domains.filter((id) => !found.monitoring.domains.includes(id)) : [];
    const facts = `${this.#roots > 0} ${late.join(',')} ${nested.join('\n')}\n${trouble?.toText() ?? ''}`;
    if (facts === this.#facts) return;
    this.#facts = facts;
    const missing = counterFeatures.filter((feature) => !found.monitoring.features.includes(feature));
    this.#notes = [
      ...(trouble === undefined ? [] : [trouble]),
      ...errata,
      ...missing.map((feature) => note(`this machine does not count ${feature}`)),
      ...(this.#roots > 0 ? [note('the root cgroup has no monitoring group: it is everything without one')] : []),
      ...late.map((id) =>
        note(`L3 domain ${id} came later: it is in the sums, it has no columns until you attach again`),
      ),
      ...(nested.length === 0
        ? []
        : [
            note(
              `threads count for the deepest target only; targets inside of others: ${nested.slice(0, 5).join(', ')}`,
            ),
          ]),
    ];
  }
}

function note(message: string): WcaError {
  return new WcaError('FEATURE_ABSENT', { subject: 'rdt', message });
}
