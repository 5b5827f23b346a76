import type { AllocateCall } from '../../collector/apply/allocation-service.ts';
import { Applier } from '../../collector/apply/applier.ts';
import type { BookStore } from '../../collector/apply/book.ts';
import { type KnobId, type KnobSession, type Knobs, knobKey, knobName } from '../../collector/apply/knob.ts';
import {
  applyRecord,
  emptyLedger,
  formatLedger,
  formatRecord,
  type LedgerRecord,
  parseLedger,
} from '../../collector/apply/ledger-format.ts';
import type { PageMover, Planner } from '../../collector/apply/ports.ts';
import type { AllocationType, AllocationValue } from '../../shared/allocation/values.ts';
import { type Reading, WcaError } from '../../shared/errors/wca-error.ts';
import { FakeClock } from './fake-clock.ts';

const boot = 'boot-1';

/** Cgroups with two files each, whose values are any text but `refused`. */
export class FakeKernel implements Knobs {
  /** Path → its inode; another one when it is made again. */
  readonly inodes = new Map<string, number>();
  readonly texts = new Map<string, string>();
  writes = 0;
  /** After so many writes more the collector is dead: writes never come back. */
  diesAfter = Number.POSITIVE_INFINITY;
  #next = 1;

  make(path: string): void {
    this.inodes.set(path, this.#next);
    for (const file of ['first', 'second']) this.texts.set(knobKey(this.id(path, file)), `original ${this.#next}`);
    this.#next += 1;
  }

  vanish(path: string): void {
    for (const file of ['first', 'second']) this.texts.delete(knobKey(this.id(path, file)));
    this.inodes.delete(path);
  }

  /** Somebody else writes. */
  writeForeign(path: string, file: string): void {
    if (this.inodes.has(path)) this.texts.set(knobKey(this.id(path, file)), `theirs ${this.writes}`);
  }

  id(path: string, file: string): KnobId {
    return { kind: 'cgroup', hierarchy: 'cpu', path, inode: String(this.inodes.get(path) ?? 0), file };
  }

  text(path: string, file: string): string | undefined {
    return this.texts.get(knobKey(this.id(path, file)));
  }

  open(): KnobSession {
    return {
      read: (id) => this.#read(id),
      readInode: (_hierarchy, path) => ({ ok: true, value: String(this.inodes.get(path) ?? 0) }),
      write: (id, text) => this.#write(id, text),
      isSame: (_id, a, b) => a === b,
      close: () => {},
    };
  }

  #read(id: KnobId): Reading<string> {
    const text = this.texts.get(knobKey(id));
    if (text !== undefined) return { ok: true, value: text };
    return { ok: false, error: new WcaError('CGROUP_GONE', { subject: knobName(id), message: 'is gone' }) };
  }

  async #write(id: KnobId, text: string): Promise<Reading<string>> {
    if (this.writes >= this.diesAfter) return new Promise(() => undefined);
    this.writes += 1;
    const found = this.#read(id);
    if (!found.ok) return found;
    if (text === 'refused') {
      return {
        ok: false,
        error: new WcaError('KERNEL_REFUSED', { subject: knobName(id), errno: 'EINVAL', message: 'no' }),
      };
    }
    this.texts.set(knobKey(id), text);
    return { ok: true, value: text };
  }
}

/** The ledger in memory, read again by the next collector as it was written. */
export class MemoryLedger implements BookStore {
  state = emptyLedger();
  #text = '';

  constructor() {
    this.#text = formatLedger(this.state, boot);
  }

  append(...records: readonly LedgerRecord[]): void {
    this.#text += records.map(formatRecord).join('');
    for (const record of records) applyRecord(this.state, record);
  }

  /** What the next collector finds; `torn`: the last line is not whole. */
  reopen(torn = false): void {
    const text = torn ? this.#text.slice(0, -3) : this.#text;
    this.state = parseLedger(text, boot) ?? emptyLedger();
    this.#text = formatLedger(this.state, boot);
  }
}

/** cpu_quota is in both files, cpu_shares in the first, io_weight in the second. */
const files: Readonly<Partial<Record<AllocationType, readonly string[]>>> = {
  cpu_quota: ['first', 'second'],
  cpu_shares: ['first'],
  io_weight: ['second'],
};

export function wish(type: 'cpu_quota' | 'cpu_shares' | 'io_weight', number: number): AllocationValue {
  if (type === 'cpu_quota') return { type, quotaUs: number, periodUs: 1000 };
  return type === 'cpu_shares' ? { type, shares: number, conversion: 'kernel' } : { type, weight: number };
}

function numberOf(value: AllocationValue): number {
  if (value.type === 'cpu_quota') return value.quotaUs ?? 0;
  return value.type === 'cpu_shares' ? value.shares : value.type === 'io_weight' ? value.weight : 0;
}

function makePlanner(kernel: FakeKernel): Planner {
  return {
    types: ['cpu_quota', 'cpu_shares', 'io_weight'],
    translate(target, value) {
      const number = numberOf(value);
      if (number === 0) {
        const error = new WcaError('INVALID_ARGUMENT', { subject: `${target.path} ${value.type}`, message: 'zero' });
        return { ok: false, error };
      }
      const knobs = (files[value.type] ?? []).map((file) => ({
        type: value.type,
        id: kernel.id(target.path, file),
        // 13 brings bad luck, in the second file only.
        text: number === 13 && file === 'second' ? 'refused' : `${value.type} ${number}`,
      }));
      return { ok: true, value: knobs };
    },
    order: (desired, session) =>
      desired.filter(({ id, text }) => {
        const now = session.read(id);
        return !now.ok || now.value !== text;
      }),
  };
}

const noPages: PageMover = {
  start: () => ({ ok: true, value: 'started' }),
  progress: () => undefined,
  cancel: () => {},
  close: () => {},
};

export const actor = { name: 'uid 7, pid 8', principal: 'uid 7', pid: 8 };

/** A collector that allocates on a host of plain data, and can die at any write. */
export class AllocationBench {
  readonly kernel = new FakeKernel();
  readonly ledger = new MemoryLedger();
  readonly clock = new FakeClock();
  readonly denied = new Set<string>();
  readonly troubles: WcaError[] = [];
  applier: Applier;

  constructor(paths: readonly string[] = ['/a', '/b']) {
    for (const path of paths) this.kernel.make(path);
    this.applier = this.#make();
  }

  /** The collector dies where it is; another one begins. */
  async restart(torn = false): Promise<void> {
    this.kernel.diesAfter = Number.POSITIVE_INFINITY;
    this.ledger.reopen(torn);
    this.applier = this.#make();
    await this.applier.start();
  }

  call(path: string, values: readonly AllocationValue[], given: Partial<AllocateCall> = {}): AllocateCall {
    const targets = [{ target: { id: path, path, children: [] }, identity: 0n, values }];
    return { actor, requestId: 'r', dryRun: false, lease: undefined, reassert: false, targets, ...given };
  }

  restoreAll(given: { readonly force?: boolean; readonly dryRun?: boolean } = {}) {
    const { force = false, dryRun = false } = given;
    return this.applier.restore({ actor, requestId: 'r', paths: [], all: true, leaseId: '', force, dryRun });
  }

  #make(): Applier {
    const { kernel, clock } = this;
    return new Applier({
      knobs: kernel,
      planners: [makePlanner(kernel)],
      policy: {
        check: (path, type) =>
          this.denied.has(type) ? new WcaError('NOT_ALLOWED', { subject: path, message: `${type} is not` }) : undefined,
      },
      pages: noPages,
      readIdentity: (path) => {
        const inode = kernel.inodes.get(path);
        return inode === undefined ? undefined : BigInt(inode);
      },
      store: this.ledger,
      clock,
      onTrouble: (error) => this.troubles.push(error),
    });
  }
}
