import type { WcaError } from '../../../shared/errors/wca-error.ts';
import type { ControlGroupWriter } from '../../kernel/resctrl/control-writer.ts';
import type { NotMoved } from '../../kernel/resctrl/tasks-writer.ts';
import type { ThreadControls } from '../../kernel/resctrl/thread-controls.ts';
import { knobName } from '../knob.ts';
import type { RdtContext } from './context.ts';
import type { MembersEntry } from './entries.ts';
import { groupGone, writeRefused } from './problems.ts';
import { Turns } from './turns.ts';

/** Looks at a target's threads for one move: they may fork meanwhile. */
const maxPasses = 5;

type MembersKnob = MembersEntry['knob'];

interface MemberThreadsParts {
  readonly context: RdtContext;
  readonly writer: ControlGroupWriter;
  readonly controls: ThreadControls;
}

/** The threads of targets and the control groups they are in. */
export class MemberThreads {
  readonly #parts: MemberThreadsParts;

  constructor(parts: MemberThreadsParts) {
    this.#parts = parts;
  }

  /** Whether the cgroup is the one that was meant. */
  isThere(knob: MembersKnob): boolean {
    return String(this.#parts.context.readInode(knob.path)) === knob.inode;
  }

  /** Threads of the cgroups and those below, but for those of cgroups that were allocated to on their own. */
  ids(knob: MembersKnob): ReadonlySet<number> {
    const { members, entries } = this.#parts.context;
    // Its own cgroups, which are among them, are read all the same.
    return members.read(knob.cgroups, 'threads', entries.cgroups);
  }

  /**
   * The control group of the threads. Of a target that was allocated to it is the one it was put into as long as a
   * thread is there: new ones are the keeper's. Else, where they are in several, the root when it is one of them.
   */
  read(knob: MembersKnob): string {
    const { context, controls } = this.#parts;
    const written = context.entries.find(knob)?.written;
    const counts = new Map<string, number>();
    for (const id of this.ids(knob)) {
      const group = controls.read(id);
      if (group === undefined) continue;
      if (group === written) return written;
      counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    if (counts.size === 0) return written ?? '';
    if (counts.has('')) return '';
    const [[most] = ['']] = [...counts].sort(([, a], [, b]) => b - a);
    return most;
  }

  /** The same where any thread will do: of a target that nobody allocated to it is that of the first. */
  readQuick(knob: MembersKnob): string {
    const { context, controls } = this.#parts;
    if (context.entries.find(knob) !== undefined) return this.read(knob);
    for (const id of this.ids(knob)) {
      const group = controls.read(id);
      if (group !== undefined) return group;
    }
    return '';
  }

  /** '' for the root; undefined when the thread has ended. */
  groupOf(id: number): string | undefined {
    return this.#parts.controls.read(id);
  }

  /** Moves all threads, in slices, until there are no new ones. undefined: done. */
  async moveAll(knob: MembersKnob, group: string): Promise<WcaError | undefined> {
    const { controls } = this.#parts;
    const seen = new Set<number>();
    const turns = new Turns(this.#parts.context.clock);
    for (let pass = 0; pass < maxPasses; pass += 1) {
      controls.forget();
      const outside: number[] = [];
      for (const id of this.ids(knob)) {
        if (seen.has(id)) continue;
        seen.add(id);
        await turns.pause();
        const at = controls.read(id);
        if (at !== undefined && at !== group) outside.push(id);
      }
      if (outside.length === 0) break;
      for (let from = 0; from < outside.length; ) {
        const moved = this.moveSome(knob, outside.slice(from), group);
        if (typeof moved !== 'number') return moved;
        from += moved;
        await turns.pause();
      }
    }
    controls.forget();
    return undefined;
  }

  /** Moves as many as one call may; how many of them it dealt with. A thread that has ended is no failure. */
  moveSome(knob: MembersKnob, ids: readonly number[], group: string): number | WcaError {
    const notMoved: NotMoved[] = [];
    const moved = this.#parts.writer.move(group, ids, { from: 0, notMoved });
    if (moved === 'gone') return groupGone(group);
    const refused = notMoved.find(({ errno }) => errno !== 'ESRCH');
    return refused === undefined ? moved : writeRefused(`${knobName(knob)} ${refused.id}`, refused.errno);
  }
}
