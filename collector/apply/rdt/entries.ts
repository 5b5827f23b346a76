import { type KnobId, knobKey } from '../knob.ts';

/** What the ledger holds of a knob of resctrl: somebody allocated it, and it was not restored yet. */
export interface RdtEntry {
  /** Of the kinds rdt-group, rdt-line, rdt-members; others are passed over. */
  readonly knob: KnobId;
  /** Of the target for which it was written. */
  readonly path: string;
  readonly written: string;
  /** Held by an operator, or changed by others: to be left as it is. */
  readonly isResting: boolean;
}

type MembersKnob = Extract<KnobId, { readonly kind: 'rdt-members' }>;

/** The members of a control group that somebody allocated. */
export interface MembersEntry extends RdtEntry {
  readonly knob: MembersKnob;
}

interface Index {
  readonly of: readonly RdtEntry[];
  readonly byKey: ReadonlyMap<string, RdtEntry>;
  readonly members: readonly MembersEntry[];
  /** By control group. */
  readonly users: ReadonlyMap<string, readonly MembersEntry[]>;
  readonly cgroups: ReadonlySet<string>;
}

/** Questions about the ledger's entries of resctrl. */
export class RdtEntries {
  readonly #read: () => readonly RdtEntry[];
  #index: Index | undefined;

  /** `read` answers the same array as long as nothing has changed. */
  constructor(read: () => readonly RdtEntry[]) {
    this.#read = read;
  }

  find(knob: KnobId): RdtEntry | undefined {
    return this.#indexed().byKey.get(keyOf(knob));
  }

  /** Whether WCA made the control group. */
  isOwnGroup(group: string): boolean {
    return this.find({ kind: 'rdt-group', group })?.written === 'present';
  }

  /** All targets that were put into a control group. */
  get members(): readonly MembersEntry[] {
    return this.#indexed().members;
  }

  /** Those that were put into this one. */
  users(group: string): readonly MembersEntry[] {
    return this.#indexed().users.get(group) ?? [];
  }

  /** Lines of schemata that were set. */
  get lines(): readonly RdtEntry[] {
    return this.#indexed().of.filter(({ knob }) => knob.kind === 'rdt-line');
  }

  /** All cgroups whose threads were put somewhere: threads of one in another are of the inner one. */
  get cgroups(): ReadonlySet<string> {
    return this.#indexed().cgroups;
  }

  #indexed(): Index {
    const of = this.#read();
    if (this.#index?.of !== of) this.#index = indexOf(of);
    return this.#index;
  }
}

/** One pass, for an allocation changes the ledger at every target. */
function indexOf(of: readonly RdtEntry[]): Index {
  const members: MembersEntry[] = [];
  const users = new Map<string, MembersEntry[]>();
  const byKey = new Map<string, RdtEntry>();
  const cgroups = new Set<string>();
  for (const entry of of) {
    byKey.set(keyOf(entry.knob), entry);
    if (!isMembers(entry)) continue;
    members.push(entry);
    for (const cgroup of entry.knob.cgroups) cgroups.add(cgroup);
    const list = users.get(entry.written);
    if (list === undefined) users.set(entry.written, [entry]);
    else list.push(entry);
  }
  return { of, members, users, byKey, cgroups };
}

/** As knobKey, but quick. */
function keyOf(knob: KnobId): string {
  switch (knob.kind) {
    case 'rdt-members':
      return `${knob.inode}${knob.path}`;
    case 'rdt-group':
      return `=${knob.group}`;
    case 'rdt-line':
      return `:${knob.resource}/${knob.group}`;
    default:
      return knobKey(knob);
  }
}

function isMembers(entry: RdtEntry): entry is MembersEntry {
  return entry.knob.kind === 'rdt-members';
}
