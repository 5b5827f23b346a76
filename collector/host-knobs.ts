import type { KnobId, KnobSession, Knobs } from './apply/knob.ts';

/** Who knows the knobs of which kind. */
export interface KnobOwners {
  /** Kinds `cgroup` and `controller`. */
  readonly cgroup: Knobs;
  /** Kinds `rdt-*`. */
  readonly rdt: Knobs;
}

/** The kernel of this host as one set of knobs: each kind goes to its owner, whose session is opened when it is needed. */
export class HostKnobs implements Knobs {
  readonly #owners: KnobOwners;

  constructor(owners: KnobOwners) {
    this.#owners = owners;
  }

  open(): KnobSession {
    const opened: { -readonly [K in keyof KnobOwners]?: KnobSession } = {};
    const open = (owner: keyof KnobOwners): KnobSession => {
      opened[owner] ??= this.#owners[owner].open();
      return opened[owner];
    };
    const sessionOf = ({ kind }: KnobId): KnobSession =>
      open(kind === 'cgroup' || kind === 'controller' ? 'cgroup' : 'rdt');
    return {
      read: (id) => sessionOf(id).read(id),
      readInode: (hierarchy, path) => open('cgroup').readInode(hierarchy, path),
      write: (id, text) => sessionOf(id).write(id, text),
      isSame: (id, a, b) => sessionOf(id).isSame(id, a, b),
      forget: (id) => sessionOf(id).forget?.(id),
      close: () => {
        opened.cgroup?.close();
        opened.rdt?.close();
        delete opened.cgroup;
        delete opened.rdt;
      },
    };
  }
}
