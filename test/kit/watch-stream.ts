import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { CollectorClient } from '../../shared/rpc/proto.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import {
  type Allocations,
  type Column,
  type ColumnValues,
  isAbsent,
  type Roster,
  type Schema,
  type Snapshot,
  type Target,
  type WatchRequest,
  type WatchResponse,
  type WatchSpec,
} from '../../shared/rpc/watch-messages.ts';

/** One snapshot with what is needed to read it. */
export interface View {
  readonly schema: Schema;
  readonly roster: Roster;
  readonly snapshot: Snapshot;
  /** The newest; where they were asked for. */
  readonly allocations?: Allocations | undefined;
}

/** A raw Watch stream for tests of the collector. */
export class WatchStream {
  readonly call: ClientDuplexStream<WatchRequest, WatchResponse>;
  #schema: Schema | undefined;
  #roster: Roster | undefined;
  #allocations: Allocations | undefined;
  readonly views: View[] = [];
  #error: ServiceError | undefined;
  #wake: () => void = () => {};
  #revision = 0;

  constructor(client: CollectorClient, spec: Partial<WatchSpec> = {}) {
    this.call = client.watch();
    this.call.on('data', (response: WatchResponse) => this.#receive(response));
    this.call.on('error', (error: ServiceError) => {
      this.#error = error;
      this.#wake();
    });
    const whole = { client: apiVersion, intervalMs: 200, events: [], perCpu: false, costlyEvery: 1, ...spec };
    this.call.write({ kind: 'spec', spec: whole });
  }

  update(upsert: readonly (string | Target)[], remove: readonly string[] = []): void {
    this.#revision += 1;
    const targets = upsert.map((target) =>
      typeof target === 'string' ? { id: target, cgroupPath: target, childCgroupPaths: [] } : target,
    );
    this.call.write({ kind: 'targets', targets: { revision: this.#revision, upsert: targets, remove } });
  }

  /** The first snapshot from now on that is as wanted; rejects when the stream ends. */
  async next(wanted: (view: View) => boolean = () => true): Promise<View> {
    let from = this.views.length;
    for (let waited = 0; waited < 500; waited += 1) {
      for (; from < this.views.length; from += 1) {
        const view = this.views[from];
        if (view !== undefined && wanted(view)) return view;
      }
      if (this.#error !== undefined) throw this.#error;
      await this.#something();
    }
    throw new Error('no snapshot is as wanted');
  }

  /** The status with which the stream ends. */
  async ended(): Promise<ServiceError> {
    for (let waited = 0; waited < 500; waited += 1) {
      if (this.#error !== undefined) return this.#error;
      await this.#something();
    }
    throw new Error('the stream does not end');
  }

  #something(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing came for a minute')), 60_000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #receive(response: WatchResponse): void {
    if (response.kind === 'schema') this.#schema = response.schema;
    else if (response.kind === 'roster') this.#roster = response.roster;
    else if (response.kind === 'allocations') this.#allocations = response.allocations;
    else {
      const { snapshot } = response;
      if (this.#schema?.id !== snapshot.schemaId || this.#roster?.id !== snapshot.rosterId) {
        throw new Error('a snapshot came before its schema or roster');
      }
      this.views.push({ schema: this.#schema, roster: this.#roster, snapshot, allocations: this.#allocations });
    }
    this.#wake();
  }
}

function pick(columns: readonly Column[], values: readonly ColumnValues[], at: { metric: string; row: number }) {
  const i = columns.findIndex(({ metric }) => metric === at.metric);
  const column = values[i];
  if (column === undefined || isAbsent(column, at.row)) return undefined;
  if (columns[i]?.kind === 'f64') return column.doubles[at.row];
  return Number((BigInt(column.words[2 * at.row + 1] ?? 0) << 32n) | BigInt(column.words[2 * at.row] ?? 0));
}

/** Raw value of a metric of a target; undefined when absent. */
export function targetValue({ schema, roster, snapshot }: View, id: string, metric: string): number | undefined {
  return pick(schema.target, snapshot.targets, { metric, row: roster.targetIds.indexOf(id) });
}

export function platformValue({ schema, snapshot }: View, metric: string): number | undefined {
  return pick(schema.platform, snapshot.platform, { metric, row: 0 });
}

export function stateOf({ roster, snapshot }: View, id: string): number | undefined {
  return snapshot.states[roster.targetIds.indexOf(id)];
}

export function generationOf({ roster, snapshot }: View, id: string): string {
  const row = roster.targetIds.indexOf(id);
  return `${snapshot.generations[2 * row + 1]}:${snapshot.generations[2 * row]}`;
}
