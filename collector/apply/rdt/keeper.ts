import { toWcaError, WcaError } from '../../../shared/errors/wca-error.ts';
import { readCpuIncarnations } from '../../kernel/resctrl/cpu-incarnations.ts';
import { type KnobId, knobKey } from '../knob.ts';
import type { RdtContext } from './context.ts';
import type { MembersEntry, RdtEntry } from './entries.ts';
import type { RdtKnobs } from './knobs.ts';
import { openRdtMachine, type RdtMachine } from './machine.ts';
import type { MemberThreads } from './member-threads.ts';
import { planLineRepair } from './repair.ts';
import { Turns } from './turns.ts';

/** Between two rounds. */
const roundMs = 5_000;

/** A write of the keeper, for the audit. */
export interface KeptChange {
  readonly path: string;
  readonly knob: KnobId;
  readonly before: string;
  readonly after: string;
  readonly error: WcaError | undefined;
}

export interface KeeperParts {
  readonly context: RdtContext;
  readonly knobs: RdtKnobs;
  /** With the cause `keep`. */
  readonly audit: (change: KeptChange) => void;
  /** Restores what was allocated to a target whose cgroup is gone: its control group is not needed any more. */
  readonly restoreGone: (path: string) => Promise<void>;
  /** Told of a round that failed as a whole. */
  readonly onTrouble: (error: WcaError) => void;
}

/**
 * Keeps RDT allocations in force: threads that came later into a target's cgroup from outside (docker exec) are brought
 * into its control group, and lines that a CPU hot-plug reset are set again. What is held, or was changed by others, is
 * left. Control groups of targets that are gone are given back.
 */
export class RdtKeeper {
  readonly #parts: KeeperParts;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #isClosed = false;
  #turns: Turns;
  #cpus: string | undefined;
  /** Threads that were in the control group of their target at the round before, by the knob's key. */
  #inside = new Map<string, ReadonlySet<number>>();
  #insideNow = new Map<string, ReadonlySet<number>>();
  /** Threads of a target that the kernel refused to move: told once. */
  readonly #told = new Map<string, string>();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#turns = new Turns(parts.context.clock);
  }

  /** Rounds every five seconds from now on; without allocations they cost nothing. */
  start(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#timer = setInterval(() => void this.keep(), roundMs);
    this.#timer.unref();
  }

  /** Ends after the slice that is worked on. Idempotent. */
  async stop(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#round;
  }

  /** One round, or the one that runs. Never rejects. */
  keep(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#round ??= this.#keep()
      .catch((thrown: unknown) => this.#parts.onTrouble(toWcaError(thrown, 'rdt keeper')))
      .finally(() => {
        this.#round = undefined;
      });
    return this.#round;
  }

  async #keep(): Promise<void> {
    const { context, restoreGone } = this.#parts;
    const { members, lines } = context.entries;
    if (members.length === 0 && lines.length === 0) {
      this.#cpus = undefined;
      this.#told.clear();
      this.#inside.clear();
      return;
    }
    const machine = openRdtMachine(context);
    if (!machine.ok) throw machine.error;
    this.#turns = new Turns(context.clock);
    const gone = new Set<string>();
    this.#insideNow = new Map();
    for (const entry of members) {
      if (!(await this.#pause())) return;
      if (machine.value.threads.isThere(entry.knob)) await this.#keepMembers(entry, machine.value);
      else gone.add(entry.path);
    }
    this.#inside = this.#insideNow;
    await this.#keepLines(machine.value);
    for (const path of gone) {
      if (this.#isClosed) return;
      if (!this.#isInForce(path, machine.value)) await restoreGone(path);
    }
  }

  /** Whether a cgroup of this path, made anew, has an allocation of its own. */
  #isInForce(path: string, { threads }: RdtMachine): boolean {
    return this.#parts.context.entries.members.some((entry) => entry.path === path && threads.isThere(entry.knob));
  }

  async #keepMembers({ knob, path, written }: MembersEntry, { threads }: RdtMachine): Promise<void> {
    if (!this.#mayMove(knob)) return;
    const key = knobKey(knob);
    const known = this.#inside.get(key) ?? new Set<number>();
    const ids = threads.ids(knob);
    this.#insideNow.set(key, known);
    // Those that were in the group are all elsewhere: somebody moved them and meant it. New ones never were in it.
    const stayed = [...known].filter((id) => ids.has(id));
    if (stayed.length > 0 && !(await this.#someIn(written, stayed, threads))) return;
    const outside: number[] = [];
    for (const id of ids) {
      if (known.has(id)) continue;
      if (!(await this.#pause())) return;
      const at = threads.groupOf(id);
      if (at !== undefined && at !== written) outside.push(id);
    }
    if (await this.#bringIn({ knob, path, written }, outside, threads)) this.#insideNow.set(key, ids);
  }

  async #someIn(group: string, ids: readonly number[], threads: MemberThreads): Promise<boolean> {
    for (const id of ids) {
      if (threads.groupOf(id) === group) return true;
      if (!(await this.#pause())) return false;
    }
    return false;
  }

  /** Whether all is well with them. */
  async #bringIn(
    { knob, path, written }: Pick<MembersEntry, 'knob' | 'path' | 'written'>,
    outside: readonly number[],
    threads: MemberThreads,
  ): Promise<boolean> {
    for (let from = 0; from < outside.length; ) {
      // From here to the end of the writing nothing else of the process runs.
      if (!this.#mayMove(knob) || this.#parts.context.entries.find(knob)?.written !== written) return false;
      const moved = threads.moveSome(knob, outside.slice(from), written);
      if (moved instanceof WcaError) {
        this.#tellRefused(knob, path, moved);
        return false;
      }
      from += moved;
      if (!(await this.#pause())) return false;
    }
    this.#told.delete(path);
    if (outside.length === 0) return true;
    const before = `${outside.length} threads elsewhere`;
    this.#parts.audit({ path, knob, before, after: written, error: undefined });
    return true;
  }

  #mayMove(knob: KnobId): boolean {
    const entry = this.#parts.context.entries.find(knob);
    return entry !== undefined && !entry.isResting && !this.#parts.knobs.isMoving(knob);
  }

  #tellRefused(knob: KnobId, path: string, error: WcaError): void {
    if (this.#told.get(path) === error.message) return;
    this.#told.set(path, error.message);
    this.#parts.audit({ path, knob, before: '', after: '', error });
  }

  /** Only after CPUs came or went: otherwise a line that differs was changed by somebody. */
  async #keepLines(machine: RdtMachine): Promise<void> {
    const { context } = this.#parts;
    const before = this.#cpus;
    const now = readCpuIncarnations(context.roots.sysfs);
    this.#cpus = now;
    if (before === undefined || before === now) return;
    for (const entry of context.entries.lines) {
      if (!(await this.#pause())) return;
      if (!entry.isResting) await this.#keepLine(entry, machine);
    }
  }

  async #keepLine({ knob, path, written }: RdtEntry, { info }: RdtMachine): Promise<void> {
    if (knob.kind !== 'rdt-line') return;
    const session = this.#parts.knobs.open();
    const current = session.read(knob);
    const unlimited = unlimitedValue(knob.resource, info);
    const repair =
      current.ok && unlimited !== undefined ? planLineRepair(current.value, written, unlimited) : undefined;
    if (current.ok && repair !== undefined) {
      const after = await session.write(knob, repair);
      const facts = { path, knob, before: current.value };
      this.#parts.audit(
        after.ok
          ? { ...facts, after: after.value, error: undefined }
          : { ...facts, after: current.value, error: after.error },
      );
    }
    session.close();
  }

  /** Gives others a turn. False: stopped meanwhile. */
  async #pause(): Promise<boolean> {
    await this.#turns.pause();
    return !this.#isClosed;
  }
}

/** What a domain has that has just come back. */
function unlimitedValue(resource: string, { caches, bandwidths }: RdtMachine['info']): string | undefined {
  const cache = caches.find((one) => one.resource === resource);
  if (cache !== undefined) return cache.cbmMask.toString(16);
  const maximum = bandwidths.find((one) => one.resource === resource)?.maximum;
  return maximum === undefined ? undefined : String(maximum);
}
