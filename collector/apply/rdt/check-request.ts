import type { AllocationValue, ValueOf } from '../../../shared/allocation/values.ts';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { hasControlGroup, readControlGroups } from '../../kernel/resctrl/control-reader.ts';
import type { RdtInfo } from '../../kernel/resctrl/info.ts';
import type { AllocationTarget } from '../ports.ts';
import type { MembersEntry, RdtEntries } from './entries.ts';
import { isSameLine, tryParse } from './line-text.ts';
import { chooseOwnName } from './own-name.ts';
import { closidsExhausted } from './problems.ts';
import { checkRdtWish, invalid, type RdtWish } from './wish.ts';

interface Surroundings {
  readonly info: RdtInfo;
  readonly entries: RdtEntries;
  /** Whether the cgroup of an entry is still there. */
  readonly isThere: (entry: MembersEntry) => boolean;
}

interface Wanted {
  /** Place in the request. */
  readonly place: number;
  readonly path: string;
  readonly group: string;
  readonly lines: RdtWish['lines'];
}

/** Who wants what for the line of one group, as agreed so far: domain → value. */
interface Agreed {
  readonly path: string;
  readonly domains: ReadonlyMap<number, string>;
}

/**
 * Problems between the targets of one request, and with those that are in force, by place in it: different values for
 * one domain of one group are INVALID_ARGUMENT for the later, a group too many is CLOSID_EXHAUSTED (spec allocation §4.6,
 * W27, W35). What is wrong in itself is left to the translation.
 */
export function checkRdtRequest(
  targets: readonly { readonly target: AllocationTarget; readonly values: readonly AllocationValue[] }[],
  surroundings: Surroundings,
): ReadonlyMap<number, WcaError> {
  const problems = new Map<number, WcaError>();
  const wanted = resolve(targets, surroundings);
  const requested = new Set(wanted.map(({ path }) => path));
  const agreed = new Map<string, Agreed>();
  for (const { group, resource, path, text } of standing(surroundings, requested)) {
    agreed.set(`${group}/${resource}`, { path, domains: tryParse(text) });
  }
  const closids = countClosids(surroundings);
  for (const one of wanted) {
    const problem = findConflict(one, agreed) ?? closids(one);
    if (problem !== undefined) problems.set(one.place, problem);
    else
      for (const [resource, text] of one.lines)
        agree(agreed, { key: `${one.group}/${resource}`, path: one.path, text });
  }
  return problems;
}

function resolve(
  targets: readonly { readonly target: AllocationTarget; readonly values: readonly AllocationValue[] }[],
  { info, entries }: Surroundings,
): readonly Wanted[] {
  const claims = new Map<string, string>();
  const exists = (group: string): boolean => hasControlGroup(info.mount.mountPoint, group);
  return targets.flatMap(({ target, values }, place) => {
    const value = values.find((one): one is ValueOf<'rdt'> => one.type === 'rdt');
    const wish = value === undefined ? undefined : checkRdtWish(target, value, info);
    if (wish === undefined || wish instanceof WcaError) return [];
    const { path } = target;
    const group = wish.group ?? chooseOwnName({ path, entries, claims, exists });
    return [{ place, path, group, lines: wish.lines }];
  });
}

/** Lines that targets outside of the request set for a group they are in. */
function standing({ entries, isThere }: Surroundings, requested: ReadonlySet<string>) {
  return entries.lines.flatMap(({ knob, path, written }) => {
    if (knob.kind !== 'rdt-line' || requested.has(path)) return [];
    const isMember = entries.users(knob.group).some((entry) => entry.path === path && isThere(entry));
    return isMember ? [{ group: knob.group, resource: knob.resource, path, text: written }] : [];
  });
}

function findConflict({ path, group, lines }: Wanted, agreed: ReadonlyMap<string, Agreed>): WcaError | undefined {
  for (const [resource, text] of lines) {
    const other = agreed.get(`${group}/${resource}`);
    if (other === undefined || other.path === path) continue;
    for (const [id, value] of tryParse(text)) {
      const theirs = other.domains.get(id);
      if (theirs === undefined || isSameLine(`${id}=${value}`, `${id}=${theirs}`)) continue;
      return invalid(
        `${path} rdt`,
        `${other.path} wants ${resource}:${id}=${theirs} for ${group === '' ? 'the root group' : `the group ${group}`}, not ${value}`,
        'give all targets of one group the same lines, or none',
      );
    }
  }
  return undefined;
}

function agree(
  agreed: Map<string, Agreed>,
  { key, path, text }: { readonly key: string; readonly path: string; readonly text: string },
): void {
  const before = agreed.get(key);
  agreed.set(key, { path: before?.path ?? path, domains: new Map([...(before?.domains ?? []), ...tryParse(text)]) });
}

/** Answers for one after the other whether its group can still be made. Groups that are about to go are counted. */
function countClosids({ info, entries }: Surroundings): (wanted: Wanted) => WcaError | undefined {
  const { numClosids, mount } = info;
  const there = readControlGroups(mount.mountPoint) ?? [];
  const groups = new Set(['', ...there]);
  return ({ path, group }) => {
    if (numClosids === undefined || groups.has(group)) return undefined;
    if (groups.size >= numClosids) {
      const own = [...groups].filter((name) => name !== '' && (entries.isOwnGroup(name) || !there.includes(name)));
      const foreign = there.filter((name) => !own.includes(name));
      return closidsExhausted(`${path} rdt`, { numClosids, own, foreign });
    }
    groups.add(group);
    return undefined;
  };
}
