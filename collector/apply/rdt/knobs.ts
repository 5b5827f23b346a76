import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import {
  type GroupLines,
  hasControlGroup,
  readControlGroups,
  readGroupLines,
  readLastStatus,
  readMonGroups,
} from '../../kernel/resctrl/control-reader.ts';
import { isOwnName } from '../../kernel/resctrl/group-name.ts';
import { type KnobId, type KnobSession, type Knobs, knobKey, knobName } from '../knob.ts';
import type { RdtContext } from './context.ts';
import { formatLineText, isSameLine, keepDomains } from './line-text.ts';
import { maximumOf, openRdtMachine, type RdtMachine } from './machine.ts';
import { closidsExhausted, groupGone, noRmidLeft, writeRefused } from './problems.ts';

type Of<Kind extends KnobId['kind']> = Extract<KnobId, { readonly kind: Kind }>;

/** The knobs of the kinds rdt-group, rdt-line and rdt-members. */
export class RdtKnobs implements Knobs {
  readonly #context: RdtContext;
  readonly #moving = new Set<string>();

  constructor(context: RdtContext) {
    this.#context = context;
  }

  open(): RdtSession {
    return new RdtSession(this.#context, this.#moving);
  }

  /** Whether threads of a target are being moved just now. */
  isMoving(knob: KnobId): boolean {
    return this.#moving.has(knobKey(knob));
  }
}

/**
 * Access to resctrl for one batch. The line of a control group that is still to be made reads '', the empty text: nothing
 * is to be restored of it, and writing '' does nothing, since it goes with its group. Once it was allocated, it is gone
 * with its group.
 */
class RdtSession implements KnobSession {
  readonly #context: RdtContext;
  readonly #moving: Set<string>;
  #machine: Reading<RdtMachine> | undefined;
  /** Of the groups that were looked at. */
  readonly #lines = new Map<string, GroupLines | undefined>();

  constructor(context: RdtContext, moving: Set<string>) {
    this.#context = context;
    this.#moving = moving;
  }

  read(id: KnobId): Reading<string> {
    const machine = this.#open();
    if (!machine.ok) return machine;
    switch (id.kind) {
      case 'rdt-group':
        return { ok: true, value: hasControlGroup(machine.value.mountPoint, id.group) ? 'present' : 'absent' };
      case 'rdt-line':
        return this.#readLine(id, machine.value);
      case 'rdt-members':
        return this.#readMembers(id, machine.value);
      default:
        return { ok: false, error: notMine(id) };
    }
  }

  readInode(hierarchy: string, path: string): Reading<string> {
    const message = 'resctrl has no directories of cgroups';
    return { ok: false, error: new WcaError('INTERNAL', { subject: `${path} (${hierarchy})`, message }) };
  }

  async write(id: KnobId, text: string): Promise<Reading<string>> {
    const machine = this.#open();
    if (!machine.ok) return machine;
    switch (id.kind) {
      case 'rdt-group':
        this.#lines.delete(id.group);
        return text === 'present' ? this.#makeGroup(id, machine.value) : this.#removeGroup(id, machine.value);
      case 'rdt-line':
        return this.#writeLine(id, text, machine.value);
      case 'rdt-members':
        return await this.#moveMembers(id, text, machine.value);
      default:
        return { ok: false, error: notMine(id) };
    }
  }

  isSame(id: KnobId, a: string, b: string): boolean {
    return id.kind === 'rdt-line' ? isSameLine(a, b) : a === b;
  }

  close(): void {
    this.#lines.clear();
    this.#machine = undefined;
  }

  #open(): Reading<RdtMachine> {
    this.#machine ??= openRdtMachine(this.#context);
    return this.#machine;
  }

  #linesOf(group: string, { mountPoint }: RdtMachine): GroupLines | undefined {
    if (!this.#lines.has(group)) {
      this.#lines.set(group, readGroupLines(mountPoint, group, this.#context.scratch));
    }
    return this.#lines.get(group);
  }

  #readLine(id: Of<'rdt-line'>, machine: RdtMachine): Reading<string> {
    const lines = this.#linesOf(id.group, machine);
    if (lines === undefined) {
      const isKnown = this.#context.entries.find(id) !== undefined;
      return isKnown ? { ok: false, error: groupGone(id.group) } : { ok: true, value: '' };
    }
    const line = lines.get(id.resource);
    if (line !== undefined) return { ok: true, value: formatLineText(line, maximumOf(machine, id.resource)) };
    const message = `resctrl has no ${id.resource} here`;
    return { ok: false, error: new WcaError('FEATURE_ABSENT', { subject: knobName(id), message }) };
  }

  #readMembers(id: Of<'rdt-members'>, { threads }: RdtMachine): Reading<string> {
    return threads.isThere(id) ? { ok: true, value: threads.read(id) } : { ok: false, error: cgroupGone(id) };
  }

  #makeGroup(id: Of<'rdt-group'>, machine: RdtMachine): Reading<string> {
    const errno = machine.writer.make(id.group);
    if (errno === undefined || errno === 'EEXIST') return { ok: true, value: 'present' };
    const subject = knobName(id);
    const { numClosids } = machine.info;
    const groups = readControlGroups(machine.mountPoint) ?? [];
    // ENOSPC may be either; there is one CLOSID for each control group.
    if (errno === 'ENOSPC' && numClosids !== undefined && groups.length + 1 >= numClosids) {
      const own = groups.filter((name) => this.#context.entries.isOwnGroup(name));
      const foreign = groups.filter((name) => !own.includes(name));
      return { ok: false, error: closidsExhausted(subject, { numClosids, own, foreign }) };
    }
    if (errno === 'ENOSPC' || errno === 'EBUSY') return { ok: false, error: noRmidLeft(subject, errno) };
    return { ok: false, error: writeRefused(subject, errno) };
  }

  /** A monitoring group of somebody else would be lost with it. */
  #removeGroup(id: Of<'rdt-group'>, { mountPoint, writer }: RdtMachine): Reading<string> {
    const foreign = readMonGroups(mountPoint, id.group).filter((name) => !isOwnName(name));
    if (foreign.length > 0) {
      const message = `others have monitoring groups in it (${foreign.slice(0, 3).join(', ')})`;
      return {
        ok: false,
        error: new WcaError('KERNEL_REFUSED', { subject: knobName(id), errno: 'EBUSY', message }),
      };
    }
    const errno = writer.remove(id.group);
    if (errno === undefined || errno === 'ENOENT') return { ok: true, value: 'absent' };
    return { ok: false, error: writeRefused(knobName(id), errno) };
  }

  #writeLine(id: Of<'rdt-line'>, text: string, machine: RdtMachine): Reading<string> {
    if (text === '') return { ok: true, value: '' };
    this.#lines.delete(id.group);
    const present = this.#linesOf(id.group, machine);
    if (present === undefined) return { ok: false, error: groupGone(id.group) };
    // One that is offline comes back with its mask reset, and one that is not there makes the kernel refuse the line.
    const domains = keepDomains(text, present.get(id.resource) ?? new Map());
    if (domains !== undefined) {
      const errno = machine.writer.writeLine(id.group, `${id.resource}:${domains}`);
      if (errno === 'ENOENT' || errno === 'ENODEV') return { ok: false, error: groupGone(id.group) };
      if (errno !== undefined) {
        const detail = readLastStatus(machine.mountPoint, this.#context.scratch);
        return { ok: false, error: writeRefused(`${knobName(id)}:${domains}`, errno, detail) };
      }
    }
    this.#lines.delete(id.group);
    return this.#readLine(id, machine);
  }

  async #moveMembers(id: Of<'rdt-members'>, group: string, { threads }: RdtMachine): Promise<Reading<string>> {
    if (!threads.isThere(id)) return { ok: false, error: cgroupGone(id) };
    const key = knobKey(id);
    this.#moving.add(key);
    try {
      const error = await threads.moveAll(id, group);
      if (error !== undefined) return { ok: false, error };
    } finally {
      this.#moving.delete(key);
    }
    // Those of a target without threads are moved when they come.
    return threads.isThere(id) ? { ok: true, value: group } : { ok: false, error: cgroupGone(id) };
  }
}

function cgroupGone(id: Of<'rdt-members'>): WcaError {
  return new WcaError('CGROUP_GONE', { subject: id.path, errno: 'ENOENT', message: 'does not exist, or was removed' });
}

function notMine(id: KnobId): WcaError {
  return new WcaError('INTERNAL', { subject: knobName(id), message: `${id.kind} is no knob of resctrl` });
}
