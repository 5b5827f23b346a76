import { Row } from '../kernel/row.ts';
import type { MeasuredTarget, OptionalSource, SourcePlan, TargetReading } from './ports.ts';

/** A source's reading of one target, shared by all rows that show it. */
export interface SharedReading extends Pick<TargetReading, 'row' | 'problems'> {
  /** At most once a tick. */
  read(tick: number): void;
}

interface Held extends SharedReading {
  users: number;
  readonly reading: TargetReading;
}

/** An optional source with all its readings, shared by all subscribers that ask for it with the same setting. */
export class SharedSource {
  readonly key: string;
  readonly source: OptionalSource;
  /** How many subscribers use it. */
  users = 0;
  /** Columns of the platform row. */
  platformRow: Row;
  /** The columns of a target that is not measured. */
  readonly absent: Row;
  readonly #readings = new Map<string, Held>();
  #version = 0;
  #tick = 0;
  #unavailable: OptionalSource['unavailable'];
  #notes: OptionalSource['notes'];

  constructor({ key, open }: SourcePlan) {
    this.key = key;
    this.source = open();
    this.platformRow = new Row(this.source.platform?.columns.length ?? 0);
    this.absent = new Row(this.source.targets?.columns.length ?? 0);
    this.#unavailable = this.source.unavailable;
    this.#notes = this.source.notes;
  }

  /** Changes whenever a schema made of this source is out of date. */
  get version(): number {
    return this.#version;
  }

  /** Reads the platform columns, at most once a tick. */
  readPlatform(tick: number): void {
    if (this.#tick === tick) return;
    this.#tick = tick;
    const { platform, unavailable, notes } = this.source;
    if (platform?.refresh() === true) {
      this.platformRow = new Row(platform.columns.length);
      this.#version += 1;
    }
    platform?.readInto(this.platformRow, 0);
    if (unavailable === this.#unavailable && notes === this.#notes) return;
    this.#unavailable = unavailable;
    this.#notes = notes;
    this.#version += 1;
  }

  /** The reading of a target; undefined when this source has none. */
  acquire(target: MeasuredTarget): SharedReading | undefined {
    const { targets } = this.source;
    if (targets === undefined) return undefined;
    const key = keyOf(target);
    const held = this.#readings.get(key) ?? hold(targets.open(target));
    held.users += 1;
    this.#readings.set(key, held);
    return held;
  }

  release(target: MeasuredTarget): void {
    const key = keyOf(target);
    const held = this.#readings.get(key);
    if (held === undefined) return;
    held.users -= 1;
    if (held.users > 0) return;
    held.reading.close();
    this.#readings.delete(key);
  }

  close(): void {
    for (const { reading } of this.#readings.values()) reading.close();
    this.#readings.clear();
    this.source.close();
  }
}

function hold(reading: TargetReading): Held {
  let readAt = 0;
  return {
    users: 0,
    reading,
    get row() {
      return reading.row;
    },
    get problems() {
      return reading.problems;
    },
    read(tick) {
      if (readAt === tick) return;
      readAt = tick;
      reading.read();
    },
  };
}

function keyOf({ path, cgroups }: MeasuredTarget): string {
  return `${path}\n${cgroups.join('\n')}`;
}
