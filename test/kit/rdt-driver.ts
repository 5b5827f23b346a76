import assert from 'node:assert/strict';
import { goesWith, type KnobId, type KnobSession, knobKey, knobName } from '../../collector/apply/knob.ts';
import type { AllocationTarget, DesiredKnob } from '../../collector/apply/ports.ts';
import type { RdtEntry } from '../../collector/apply/rdt/entries.ts';
import type { KeptChange, RdtKeeper } from '../../collector/apply/rdt/keeper.ts';
import { RdtAllocation, type RdtAllocationOptions } from '../../collector/apply/rdt/rdt-allocation.ts';
import type { CurrentValue } from '../../shared/allocation/values.ts';
import type { WcaError } from '../../shared/errors/wca-error.ts';

interface LedgerLine extends RdtEntry {
  readonly original: string;
}

/** A wish of a target: `{ path: '/a', group: 'be', lines: ['L3:0=f'] }`. */
export interface WishedRdt {
  readonly path: string;
  readonly children?: readonly string[];
  readonly group?: string;
  readonly lines?: readonly string[];
}

/** Drives RDT allocation as the service does: with a plain ledger and no drift, lease or rollback. */
export class RdtDriver {
  readonly rdt: RdtAllocation;
  readonly keeper: RdtKeeper;
  /** What the keeper told. */
  readonly kept: KeptChange[] = [];
  readonly troubles: WcaError[] = [];
  readonly #ledger = new Map<string, LedgerLine>();
  #entries: readonly RdtEntry[] | undefined;

  constructor(options: Omit<RdtAllocationOptions, 'entries'>) {
    this.rdt = new RdtAllocation({
      ...options,
      entries: () => {
        this.#entries ??= [...this.#ledger.values()];
        return this.#entries;
      },
    });
    this.keeper = this.rdt.makeKeeper({
      audit: (change) => this.kept.push(change),
      restoreGone: (path) => this.restore(path),
      onTrouble: (error) => this.troubles.push(error),
    });
  }

  get entries(): readonly RdtEntry[] {
    return [...this.#ledger.values()];
  }

  /** The code and text of the error of each wish, `ok` for none. */
  async allocate(...wishes: readonly WishedRdt[]): Promise<readonly string[]> {
    const targets = wishes.map((wish) => ({ target: targetOf(wish), values: [rdtValue(wish)] }));
    const problems = this.rdt.planner.checkRequest(targets);
    const session = this.rdt.knobs.open();
    const results: string[] = [];
    for (const [place, { target, values }] of targets.entries()) {
      const problem =
        problems.get(place) ?? (await this.#allocateOne(target, values[0] ?? rdtValue({ path: '' }), session));
      results.push(problem === undefined ? 'ok' : `${problem.code} ${problem.toText()}`);
    }
    session.close();
    return results;
  }

  async #allocateOne(
    target: AllocationTarget,
    value: ReturnType<typeof rdtValue>,
    session: KnobSession,
  ): Promise<WcaError | undefined> {
    const desired = this.rdt.planner.translate(target, value, session);
    if (!desired.ok) return desired.error;
    const writes = this.rdt.planner.order(desired.value, session);
    const before = writes.map(({ id }) => session.read(id));
    for (const [i, write] of writes.entries()) {
      const original = before[i];
      if (original?.ok !== true) return original?.error;
      const error = await this.#write(write, { path: target.path, before: original.value }, session);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  async #write(
    { id, text }: DesiredKnob,
    { path, before }: { readonly path: string; readonly before: string },
    session: KnobSession,
  ): Promise<WcaError | undefined> {
    const key = knobKey(id);
    const known = this.#ledger.get(key);
    const line = { knob: id, path: known?.path ?? path, original: known?.original ?? before, isResting: false };
    this.#set(key, { ...line, written: text });
    const after = await session.write(id, text);
    if (!after.ok) return after.error;
    assert.ok(session.isSame(id, after.value, text), `${knobName(id)} is ${after.value}, not ${text}`);
    const read = session.read(id);
    assert.ok(read.ok && session.isSame(id, read.value, after.value), `${knobName(id)} reads otherwise`);
    this.#set(key, { ...line, written: after.value });
    if (text === line.original && id.kind !== 'rdt-members') this.#drop(key);
    if (text === 'absent') for (const { knob } of this.entries) if (goesWith(knob, id)) this.#drop(knobKey(knob));
    return undefined;
  }

  /** Everything of a target, or of all; what could not be restored stays. */
  async restore(path?: string): Promise<void> {
    const session = this.rdt.knobs.open();
    const lines = [...this.#ledger.values()].filter((line) => path === undefined || line.path === path);
    const desired = lines.map(({ knob, original }) => ({ type: 'rdt' as const, id: knob, text: original }));
    for (const { id, text } of this.rdt.planner.order(desired, session)) await session.write(id, text);
    for (const { knob, original } of lines) {
      const now = session.read(knob);
      const isBack = now.ok ? session.isSame(knob, now.value, original) : now.error.code === 'CGROUP_GONE';
      if (isBack || (now.ok && knob.kind === 'rdt-members')) this.#drop(knobKey(knob));
    }
    session.close();
  }

  rest(path: string, isResting: boolean): void {
    for (const [key, line] of this.#ledger) if (line.path === path) this.#set(key, { ...line, isResting });
  }

  current(path: string): CurrentValue | undefined {
    return this.rdt.openPass().read(targetOf({ path }));
  }

  #set(key: string, line: LedgerLine): void {
    this.#ledger.set(key, line);
    this.#entries = undefined;
  }

  #drop(key: string): void {
    this.#ledger.delete(key);
    this.#entries = undefined;
  }
}

export function targetOf({ path, children }: WishedRdt): AllocationTarget {
  return { id: path, path, children: children ?? [] };
}

export function rdtValue({ group, lines }: WishedRdt) {
  return { type: 'rdt', group, lines: lines ?? [] } as const;
}

/** Knobs by their names for people. */
export function namesOf(knobs: readonly { readonly id: KnobId; readonly text: string }[]): readonly string[] {
  return knobs.map(({ id, text }) => `${knobName(id)} = ${text}`);
}
