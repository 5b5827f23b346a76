import type { AllocationValue } from '../../../shared/allocation/values.ts';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { hasControlGroup } from '../../kernel/resctrl/control-reader.ts';
import type { RdtInfo } from '../../kernel/resctrl/info.ts';
import { readRdtInfo } from '../../kernel/resctrl/info.ts';
import type { KnobId, KnobSession } from '../knob.ts';
import type { AllocationTarget, DesiredKnob, PlannedWrite, Planner } from '../ports.ts';
import { checkRdtRequest } from './check-request.ts';
import type { RdtContext } from './context.ts';
import type { MembersEntry } from './entries.ts';
import { isSameLine } from './line-text.ts';
import { orderRdtWrites } from './order.ts';
import { chooseOwnName } from './own-name.ts';
import { checkRdtWish, invalid, type RdtWish } from './wish.ts';

/** What a batch knows. */
interface Batch {
  readonly info: Reading<RdtInfo>;
  /** Names of own groups given so far. */
  readonly claims: Map<string, string>;
  /** Groups that are made in it. */
  readonly made: Set<string>;
}

/** A wish with its group found. */
interface Resolved {
  readonly target: AllocationTarget;
  readonly group: string;
  readonly lines: RdtWish['lines'];
}

/** What allocations of caches and memory bandwidth mean in control groups, lines and threads (spec allocation §4). */
export class RdtPlanner implements Planner {
  readonly types = ['rdt'] as const;
  readonly #context: RdtContext;
  readonly #batches = new WeakMap<KnobSession, Batch>();

  constructor(context: RdtContext) {
    this.#context = context;
  }

  /** CLOSID_EXHAUSTED; INVALID_ARGUMENT for targets that want different lines for one group (W27, W35). */
  checkRequest(
    targets: readonly { readonly target: AllocationTarget; readonly values: readonly AllocationValue[] }[],
  ): ReadonlyMap<number, WcaError> {
    if (!targets.some(({ values }) => values.some(({ type }) => type === 'rdt'))) return new Map();
    const { roots, vendor, entries } = this.#context;
    const info = readRdtInfo(roots, vendor);
    // Told by translate.
    if (!info.ok) return new Map();
    const isThere = (entry: MembersEntry): boolean => this.#isThere(entry);
    return checkRdtRequest(targets, { info: info.value, entries, isThere });
  }

  translate(target: AllocationTarget, value: AllocationValue, session: KnobSession): Reading<readonly DesiredKnob[]> {
    if (value.type !== 'rdt') return { ok: false, error: invalid(target.path, `${value.type} is not of resctrl`) };
    const batch = this.#batchOf(session);
    if (!batch.info.ok) return batch.info;
    const info = batch.info.value;
    if (info.numClosids === undefined) return { ok: false, error: nothingControlled(target.path) };
    const wish = checkRdtWish(target, value, info);
    if (wish instanceof WcaError) return { ok: false, error: wish };
    const inode = this.#context.readInode(target.path);
    if (inode === undefined) return { ok: false, error: cgroupGone(target.path) };
    const resolved = { target, lines: wish.lines, group: wish.group ?? this.#ownName(target.path, batch, info) };
    const refused = this.#findRefusal(resolved, session, batch);
    if (refused !== undefined) return { ok: false, error: refused };
    if (resolved.group !== '' && !this.#exists(info, resolved.group)) batch.made.add(resolved.group);
    return { ok: true, value: this.#knobs(resolved, String(inode)) };
  }

  order(desired: readonly DesiredKnob[], session: KnobSession): readonly PlannedWrite[] {
    const mine = desired.filter(({ type }) => type === 'rdt');
    if (mine.length === 0) return [];
    const { entries } = this.#context;
    return orderRdtWrites(mine, session, {
      users: (group) => entries.users(group).filter((entry) => this.#isThere(entry)),
    });
  }

  #batchOf(session: KnobSession): Batch {
    const known = this.#batches.get(session);
    if (known !== undefined) return known;
    const { roots, vendor } = this.#context;
    const batch = { info: readRdtInfo(roots, vendor), claims: new Map<string, string>(), made: new Set<string>() };
    this.#batches.set(session, batch);
    return batch;
  }

  #ownName(path: string, { claims, made }: Batch, info: RdtInfo): string {
    const exists = (group: string): boolean => !made.has(group) && this.#exists(info, group);
    return chooseOwnName({ path, entries: this.#context.entries, claims, exists });
  }

  #exists({ mount }: RdtInfo, group: string): boolean {
    return hasControlGroup(mount.mountPoint, group);
  }

  #isThere({ knob }: MembersEntry): boolean {
    return String(this.#context.readInode(knob.path)) === knob.inode;
  }

  /** NOT_ALLOWED for lines of the root and of groups of others that are not those wished already. */
  #findRefusal({ target, group, lines }: Resolved, session: KnobSession, { made, info }: Batch): WcaError | undefined {
    const { policy, entries } = this.#context;
    const isRoot = group === '';
    const isOwn = made.has(group) || entries.isOwnGroup(group) || (info.ok && !this.#exists(info.value, group));
    if (isRoot ? policy.rootGroup : isOwn || policy.foreignGroups) return undefined;
    for (const [resource, text] of lines) {
      const now = session.read({ kind: 'rdt-line', group, resource });
      if (!now.ok) return now.error;
      if (isSameLine(now.value, text)) continue;
      return isRoot ? rootNotAllowed(target.path) : foreignNotAllowed(target.path, group);
    }
    return undefined;
  }

  #knobs({ target, group, lines }: Resolved, inode: string): readonly DesiredKnob[] {
    const { path, children } = target;
    const cgroups = children.length === 0 ? [path] : children;
    const desired = (id: KnobId, text: string): DesiredKnob => ({ type: 'rdt', id, text });
    return [
      ...(group === '' ? [] : [desired({ kind: 'rdt-group', group }, 'present')]),
      ...[...lines].map(([resource, text]) => desired({ kind: 'rdt-line', group, resource }, text)),
      desired({ kind: 'rdt-members', path, inode, cgroups }, group),
      ...this.#leftBehind(path, group).map((left) => desired({ kind: 'rdt-group', group: left }, 'absent')),
    ];
  }

  /** Groups of WCA that the target leaves for another one: removed unless others are in them (W30). */
  #leftBehind(path: string, group: string): readonly string[] {
    const { entries } = this.#context;
    const left = entries.members.filter((entry) => entry.path === path && entry.written !== group);
    return [...new Set(left.map(({ written }) => written))].filter((name) => entries.isOwnGroup(name));
  }
}

function nothingControlled(path: string): WcaError {
  return new WcaError('FEATURE_ABSENT', {
    subject: `${path} rdt`,
    message: 'this machine divides no cache and throttles no bandwidth, it only monitors them',
  });
}

function cgroupGone(path: string): WcaError {
  return new WcaError('CGROUP_GONE', { subject: path, errno: 'ENOENT', message: 'does not exist, or was removed' });
}

function rootNotAllowed(path: string): WcaError {
  return new WcaError('NOT_ALLOWED', {
    subject: `${path} rdt`,
    message: 'the lines of the root group are those of everything on the host that is in no other group',
    remedy: 'name another group, or allow it in the collector: "allocate": {"root_rdt_group": true}',
  });
}

function foreignNotAllowed(path: string, group: string): WcaError {
  return new WcaError('NOT_ALLOWED', {
    subject: `${path} rdt`,
    message: `WCA did not make the control group ${group} and does not change its lines`,
    remedy:
      'leave out the lines to join it as it is, or allow it in the collector: "allocate": {"foreign_rdt_groups": true}',
  });
}
