import { toWcaError, type WcaError } from '../../../shared/errors/wca-error.ts';
import { isOwnName } from '../../kernel/resctrl/group-name.ts';
import type { Monitoring } from '../../kernel/resctrl/info.ts';
import { type GroupTree, type Placement, readGroupTree } from '../../kernel/resctrl/placement.ts';
import type { MeasuredTarget } from '../ports.ts';
import { type Coverage, planCoverage } from './rdt-cover.ts';
import { RmidGate } from './rdt-gate.ts';
import { RdtGroup } from './rdt-group.ts';
import { countRmids, noRmid, type RmidUse, rmidsInLimbo } from './rdt-problems.ts';
import { type SyncParts, ThreadSync } from './rdt-sync.ts';
import { Slices } from './slices.ts';

/** Rounds begin this far apart, unless there is a new target. */
const roundMs = 900;
/** Working time of a round. */
const budgetMs = 200;
const lookAroundMs = 10_000;
/** A group of WCA that nobody claimed for so long is a leftover of a collector that was killed. */
const unclaimedMs = 30_000;

interface GroupsParts extends Omit<SyncParts, 'gate' | 'isLeftover' | 'onExhausted' | 'onRefused'> {
  readonly monitoring: Monitoring;
  /** Told of the working time of each round. */
  readonly onSpent: (seconds: number) => void;
}

/**
 * All monitoring groups of WCA: one for each target, kept filled with its threads by background rounds. Groups that it
 * does not know, left by a collector that was killed, are taken over by targets of the same path, or removed.
 */
export class RdtGroups {
  readonly #parts: GroupsParts;
  readonly #gate = new RmidGate();
  readonly #sync: ThreadSync;
  readonly #groups = new Map<string, RdtGroup>();
  /** Groups of targets that left: to be removed unless the target comes back. */
  readonly #left = new Set<RdtGroup>();
  /** Own groups of no target. */
  #unclaimed: readonly Unclaimed[] = [];
  #coverage: Coverage | undefined;
  #rounds = 0;
  #isShort = false;
  #use: RmidUse | undefined;
  #lookedMs: number | undefined;
  #startedMs: number | undefined;
  #hasNew = false;
  #isRunning = false;
  #isClosed = false;
  #trouble: WcaError | undefined;

  constructor(parts: GroupsParts) {
    this.#parts = parts;
    this.#sync = new ThreadSync({
      ...parts,
      gate: this.#gate,
      isLeftover: (name) => this.#unclaimed.some(({ placement }) => placement.monitoring === name),
      onExhausted: (state) => this.#exhausted(state),
      onRefused: (error) => {
        this.#trouble = error;
      },
    });
    this.#lookAround();
  }

  /** Who uses the RMIDs, as seen last; undefined when the groups cannot be listed. */
  get use(): RmidUse | undefined {
    return this.#use;
  }

  /** Groups of WCA that measure a target. */
  get size(): number {
    let count = 0;
    for (const { placement } of this.#groups.values()) if (placement !== undefined) count += 1;
    return count;
  }

  /** Why nothing can be done at all; the same object as long as nothing changes. */
  get trouble(): WcaError | undefined {
    return this.#trouble;
  }

  /** Targets inside of others. */
  get nested(): readonly string[] {
    return this.#currentCoverage().nested;
  }

  /** The group of a target; made and filled by a later round. */
  open(target: MeasuredTarget): RdtGroup {
    const group = this.#groups.get(target.path) ?? this.#comeBack(target.path) ?? new RdtGroup(target.path);
    group.holders.push(target);
    group.dueMs = 0;
    this.#groups.set(target.path, group);
    this.#coverage = undefined;
    this.#hasNew = true;
    return group;
  }

  release(group: RdtGroup, target: MeasuredTarget): void {
    const place = group.holders.indexOf(target);
    if (place < 0) return;
    group.holders.splice(place, 1);
    this.#coverage = undefined;
    if (group.holders.length > 0) return;
    this.#groups.delete(group.path);
    this.#left.add(group);
  }

  #comeBack(path: string): RdtGroup | undefined {
    for (const group of this.#left) {
      if (group.path !== path) continue;
      this.#left.delete(group);
      return group;
    }
    return undefined;
  }

  /** Begins a round unless one runs or it is too early. Returns at once. */
  afterTick(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    const isEarly = this.#startedMs !== undefined && nowMs - this.#startedMs < roundMs;
    if (this.#isRunning || this.#isClosed || (isEarly && !this.#hasNew)) return;
    this.#isRunning = true;
    this.#hasNew = false;
    this.#startedMs = nowMs;
    const slices = new Slices(this.#parts.clock, budgetMs, () => this.#isClosed);
    this.#round(slices)
      .catch((thrown: unknown) => {
        this.#trouble = toWcaError(thrown, 'rdt');
      })
      .finally(() => {
        this.#isRunning = false;
        this.#parts.onSpent(slices.spentMs / 1000);
      });
  }

  async #round(slices: Slices): Promise<void> {
    const { clock, writer } = this.#parts;
    const { trouble } = this;
    const changes = writer.changes;
    this.#rounds += 1;
    for (const group of this.#left) {
      if (!(await slices.pause())) return;
      if (!this.#left.delete(group)) continue;
      this.#sync.remove(group);
    }
    if (this.#lookedMs === undefined || clock.monotonicMs() - this.#lookedMs >= lookAroundMs) this.#lookAround();
    await this.#removeUnclaimed(slices);
    // Those that waited longest, the new ones, come first.
    for (const group of [...this.#groups.values()].sort((a, b) => a.round - b.round)) {
      if (slices.isUsedUp || !(await slices.pause())) break;
      if (this.#groups.get(group.path) !== group) continue;
      group.round = this.#rounds;
      await this.#syncOne(group, slices);
    }
    if (this.#isClosed || writer.changes === changes) return;
    this.#lookAround();
    if (this.#trouble === trouble) this.#trouble = undefined;
  }

  /** What one target throws is no reason to let the others wait. */
  async #syncOne(group: RdtGroup, slices: Slices): Promise<void> {
    const { cgroups, named } = this.#currentCoverage();
    try {
      await this.#sync.sync(group, { cgroups: cgroups.get(group.path) ?? [], named }, slices);
    } catch (thrown) {
      group.problems = [toWcaError(thrown, `${group.path} rdt`)];
    }
  }

  #currentCoverage(): Coverage {
    this.#coverage ??= planCoverage([...this.#groups.values()].map(({ target }) => target));
    return this.#coverage;
  }

  /** Sees which groups there are and who made them. */
  #lookAround(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#lookedMs = nowMs;
    const tree = readGroupTree(this.#parts.mountPoint);
    this.#use = tree === undefined ? undefined : countRmids(tree);
    const before = new Map(this.#unclaimed.map(({ placement, sinceMs }) => [keyOf(placement), sinceMs]));
    this.#unclaimed = ownGroups(tree)
      .filter((placement) => !this.#isClaimed(placement))
      .map((placement) => ({ placement, sinceMs: before.get(keyOf(placement)) ?? nowMs }));
  }

  #isClaimed(placement: Placement): boolean {
    for (const group of [...this.#groups.values(), ...this.#left]) {
      if (group.placement !== undefined && keyOf(group.placement) === keyOf(placement)) return true;
    }
    return false;
  }

  /** Removes what nobody has claimed for long; where RMIDs are short, all that no target can claim. */
  async #removeUnclaimed(slices: Slices): Promise<void> {
    const nowMs = this.#parts.clock.monotonicMs();
    const names = new Set([...this.#groups.values()].map(({ name }) => name));
    const isShort = this.#isShort;
    this.#isShort = false;
    const kept: Unclaimed[] = [];
    for (const unclaimed of this.#unclaimed) {
      const { placement, sinceMs } = unclaimed;
      const isOver = nowMs - sinceMs >= unclaimedMs || (isShort && !names.has(placement.monitoring));
      if (!isOver || !(await slices.pause())) kept.push(unclaimed);
      else if (!this.#isClaimed(placement) && this.#parts.writer.remove(placement) === undefined)
        this.#gate.retrySoon();
    }
    this.#unclaimed = kept;
  }

  #exhausted(state: 'busy' | 'full'): void {
    const { clock, monitoring } = this.#parts;
    const nowMs = clock.monotonicMs();
    this.#isShort = true;
    if (state === 'busy') {
      this.#gate.busy(nowMs, (path) => rmidsInLimbo(path, monitoring.maxThresholdOccupancyBytes));
      return;
    }
    this.#lookAround();
    const use = this.#use ?? countRmids(new Map());
    this.#gate.shut(nowMs, (path) => noRmid(path, use, monitoring.numRmids));
  }

  /** Removes all groups of WCA, at once. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const group of [...this.#groups.values(), ...this.#left]) this.#sync.remove(group);
    this.#groups.clear();
    this.#left.clear();
    for (const placement of ownGroups(readGroupTree(this.#parts.mountPoint))) this.#parts.writer.remove(placement);
  }
}

interface Unclaimed {
  readonly placement: Placement;
  /** When it was seen first. */
  readonly sinceMs: number;
}

function ownGroups(tree: GroupTree | undefined): Placement[] {
  return [...(tree ?? [])].flatMap(([control, names]) =>
    names.filter(isOwnName).map((monitoring) => ({ control, monitoring })),
  );
}

function keyOf({ control, monitoring }: Placement): string {
  return `${control}/${monitoring}`;
}
