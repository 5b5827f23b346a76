import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { ControlSession } from '../../kernel/cgroup/control-session.ts';
import type { CgroupLayout } from '../../kernel/cgroup/layout.ts';
import { type KnobId, type KnobSession, type Knobs, knobName } from '../knob.ts';
import { kernelDefault } from './kernel-defaults.ts';
import type { UnitWriter } from './unit-writer.ts';

type FileId = Extract<KnobId, { readonly kind: 'cgroup' }>;

/** The knobs of the kinds `cgroup` and `controller`. */
export class CgroupKnobs implements Knobs {
  readonly #layout: CgroupLayout;
  readonly #units: UnitWriter | undefined;

  /** `units`: the manager of services; undefined where there is none. */
  constructor(layout: CgroupLayout, units: UnitWriter | undefined) {
    this.#layout = layout;
    this.#units = units;
  }

  open(): KnobSession {
    return new CgroupSession(new ControlSession(this.#layout), this.#units);
  }
}

class CgroupSession implements KnobSession {
  readonly #files: ControlSession;
  readonly #units: UnitWriter | undefined;

  constructor(files: ControlSession, units: UnitWriter | undefined) {
    this.#files = files;
    this.#units = units;
  }

  read(id: KnobId): Reading<string> {
    if (id.kind === 'cgroup') return this.#orDefault(id, this.#files.read(id));
    if (id.kind !== 'controller') return { ok: false, error: notMine(id) };
    const enabled = this.#files.read(switchOf(id));
    return enabled.ok ? { ok: true, value: hasWord(enabled.value, id.controller) ? 'on' : 'off' } : enabled;
  }

  readInode(hierarchy: string, path: string): Reading<string> {
    return this.#files.readInode(hierarchy, path);
  }

  async write(id: KnobId, text: string): Promise<Reading<string>> {
    if (id.kind === 'cgroup') return this.#writeFile(id, text);
    if (id.kind !== 'controller') return { ok: false, error: notMine(id) };
    const written = this.#files.write(switchOf(id), `${text === 'on' ? '+' : '-'}${id.controller}`);
    return written.ok ? { ok: true, value: hasWord(written.value, id.controller) ? 'on' : 'off' } : written;
  }

  isSame(id: KnobId, a: string, b: string): boolean {
    if (a === b) return true;
    // The period of an unlimited cgroup says nothing.
    return id.kind === 'cgroup' && id.file === 'cpu.max' && a.startsWith('max ') && b.startsWith('max ');
  }

  forget(id: KnobId): void {
    const unit = id.kind === 'cgroup' ? this.#unitOf(id) : undefined;
    if (unit !== undefined && id.kind === 'cgroup') this.#units?.forget(unit, id.file);
  }

  close(): void {
    this.#files.close();
  }

  async #writeFile(id: FileId, text: string): Promise<Reading<string>> {
    const unit = this.#unitOf(id);
    if (unit === undefined || this.#units === undefined) return this.#writeControl(id, text);
    const told = await this.#units.write(unit, id.file, text);
    if (!told.ok) return told;
    const found = this.#files.read(id);
    const now = found.ok && !this.isSame(id, found.value, text) ? this.#writeControl(id, text) : found;
    // The manager takes the controller away with its last property, soon: the file is gone, and its value with it.
    const standing = this.#orDefault(id, now);
    return standing.ok && this.isSame(id, standing.value, text) ? standing : now;
  }

  /**
   * A unit's file that comes with the first property that needs it: until then what the kernel would say is in force, and
   * is the original.
   */
  #orDefault(id: FileId, found: Reading<string>): Reading<string> {
    if (found.ok || found.error.code !== 'FEATURE_ABSENT' || id.hierarchy !== 'unified') return found;
    const text = this.#unitOf(id) === undefined ? undefined : kernelDefault(id.file);
    return text === undefined ? found : { ok: true, value: text };
  }

  /**
   * On v2 an empty set means what the parent has, but the kernel lets no set with processes become empty again (ENOSPC;
   * kernel/cgroup/cpuset.c, validate_change): it gets then what the parent has.
   */
  #writeControl(id: FileId, text: string): Reading<string> {
    const written = this.#files.write(id, text);
    const isSet = id.file === 'cpuset.cpus' || id.file === 'cpuset.mems';
    if (written.ok || text !== '' || !isSet || written.error.errno !== 'ENOSPC') return written;
    const parent = id.path.slice(0, id.path.lastIndexOf('/')) || '/';
    const inode = this.#files.readInode(id.hierarchy, parent);
    const { hierarchy } = id;
    const above = inode.ok
      ? this.#files.read({ hierarchy, path: parent, inode: inode.value, file: `${id.file}.effective` })
      : inode;
    if (!above.ok) return written;
    const now = this.#files.read(id);
    // Told as empty where it is that already: there is nothing that could be written.
    return now.ok && now.value === above.value ? { ok: true, value: '' } : this.#files.write(id, above.value);
  }

  /** The unit by which a file is to be written. */
  #unitOf({ hierarchy, path, file }: FileId): string | undefined {
    return this.#units?.governs(file) === true ? this.#units.unitOf(hierarchy, path) : undefined;
  }
}

function switchOf({ path, inode }: Extract<KnobId, { readonly kind: 'controller' }>) {
  return { hierarchy: 'unified', path, inode, file: 'cgroup.subtree_control' };
}

function hasWord(text: string, word: string): boolean {
  return text.split(/\s+/).includes(word);
}

function notMine(id: KnobId): WcaError {
  return new WcaError('INTERNAL', { subject: knobName(id), message: `${id.kind} is no knob of cgroups` });
}
