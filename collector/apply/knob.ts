import type { Reading } from '../../shared/errors/wca-error.ts';

/**
 * A value of the kernel that an allocation may change. Plain data: the ledger keeps it over a restart of the collector.
 * Its value is a text in one canonical form, whatever the kernel's blanks and padding.
 */
export type KnobId =
  /** A control file of one cgroup, this one and no other under the same path: `cpu.max`, value `400000 100000`. */
  | {
      readonly kind: 'cgroup';
      /** Hierarchy.name: `unified`, `cpu,cpuacct`. */
      readonly hierarchy: string;
      readonly path: string;
      /** Of its directory, decimal. */
      readonly inode: string;
      readonly file: string;
    }
  /** A controller in cgroup.subtree_control of a v2 cgroup; value `on` or `off`. */
  | { readonly kind: 'controller'; readonly path: string; readonly inode: string; readonly controller: string }
  /** A control group of resctrl; value `present` or `absent`. */
  | { readonly kind: 'rdt-group'; readonly group: string }
  /**
   * A line of schemata of a control group ('' is the root); value `0=f;1=ff`. Empty while its group is still to be made:
   * there is nothing to be restored of it.
   */
  | { readonly kind: 'rdt-line'; readonly group: string; readonly resource: string }
  /** The control group in which the threads of a target are; value its name, '' for the root. */
  | {
      readonly kind: 'rdt-members';
      readonly path: string;
      readonly inode: string;
      /** Cgroups whose threads are meant, with those below. */
      readonly cgroups: readonly string[];
    };

/**
 * Different knobs have different keys; the same knob has the same one after a restart. A path has no tab before the
 * inode, which is digits: the parts cannot be mistaken for each other.
 */
export function knobKey(id: KnobId): string {
  switch (id.kind) {
    case 'cgroup':
      return `cgroup\t${id.hierarchy}\t${id.file}\t${id.inode}\t${id.path}`;
    case 'controller':
      return `controller\t${id.controller}\t${id.inode}\t${id.path}`;
    case 'rdt-group':
      return `rdt-group\t${id.group}`;
    case 'rdt-line':
      return `rdt-line\t${id.resource}\t${id.group}`;
    case 'rdt-members':
      return `rdt-members\t${id.inode}\t${id.path}`;
  }
}

/** Whether a knob is gone when a control group is: one of the same name that is made later has lines of its own. */
export function goesWith(id: KnobId, group: KnobId): boolean {
  return id.kind === 'rdt-line' && group.kind === 'rdt-group' && id.group === group.group;
}

/** For people: `/kubepods/pod1 cpu.max`, `resctrl be L3`. */
export function knobName(id: KnobId): string {
  switch (id.kind) {
    case 'cgroup':
      return `${id.path} ${id.file}`;
    case 'controller':
      return `${id.path} cgroup.subtree_control ${id.controller}`;
    case 'rdt-group':
      return `resctrl ${id.group}`;
    case 'rdt-line':
      return `resctrl ${id.group === '' ? '/' : id.group} ${id.resource}`;
    case 'rdt-members':
      return `${id.path} resctrl tasks`;
  }
}

/**
 * Access to knobs while one batch is worked on; keeps directories open until `close`. A knob whose cgroup (this inode)
 * or group is gone answers CGROUP_GONE; a group's own knob answers `absent` instead.
 */
export interface KnobSession {
  read(id: KnobId): Reading<string>;
  /** Inode of the directory of a cgroup on a hierarchy (Hierarchy.name), decimal. CGROUP_GONE. */
  readInode(hierarchy: string, path: string): Reading<string>;
  /**
   * Writes and answers what the kernel has then. KERNEL_REFUSED with errno and the kernel's text, PERMISSION,
   * FEATURE_ABSENT, CLOSID_EXHAUSTED where it is refused. Never throws.
   */
  write(id: KnobId, text: string): Promise<Reading<string>>;
  /** Whether two texts are the same to the kernel: `0-2` and `0,1,2`. */
  isSame(id: KnobId, a: string, b: string): boolean;
  /** Its original was put back: what was kept for it elsewhere (a unit's property) may go. */
  forget?(id: KnobId): void;
  close(): void;
}

/** The kernel as a set of named values. */
export interface Knobs {
  open(): KnobSession;
}

/** A session that reads each knob once: for planning, while nothing is written. */
export class RememberingSession implements KnobSession {
  readonly #session: KnobSession;
  readonly #read = new Map<string, Reading<string>>();
  /** The same, of objects that were asked for: most are again, and have no key made anew. */
  readonly #readOf = new Map<KnobId, Reading<string>>();
  readonly #inodes = new Map<string, Reading<string>>();

  constructor(session: KnobSession) {
    this.#session = session;
  }

  read(id: KnobId): Reading<string> {
    const same = this.#readOf.get(id);
    if (same !== undefined) return same;
    const key = knobKey(id);
    const known = this.#read.get(key) ?? this.#session.read(id);
    this.#read.set(key, known);
    this.#readOf.set(id, known);
    return known;
  }

  readInode(hierarchy: string, path: string): Reading<string> {
    const key = `${hierarchy}\t${path}`;
    const known = this.#inodes.get(key) ?? this.#session.readInode(hierarchy, path);
    this.#inodes.set(key, known);
    return known;
  }

  write(id: KnobId, text: string): Promise<Reading<string>> {
    this.#read.clear();
    this.#readOf.clear();
    return this.#session.write(id, text);
  }

  isSame(id: KnobId, a: string, b: string): boolean {
    return this.#session.isSame(id, a, b);
  }

  close(): void {
    this.#session.close();
  }
}
