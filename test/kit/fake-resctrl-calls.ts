import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ResctrlCalls } from '../../collector/kernel/resctrl/calls.ts';
import type { Placement } from '../../collector/kernel/resctrl/placement.ts';
import type { FakeSchemata } from './fake-schemata.ts';

/** The machine that the calls change. */
export interface FakeMachine {
  readonly mountPoint: string;
  readonly log: string[];
  readonly limbo: number;
  readonly fail: (call: string, path: string) => string | undefined;
  readonly numRmids: number;
  readonly usedRmids: number;
  readonly numClosids: number;
  readonly usedClosids: number;
  readonly schemata: FakeSchemata;
  readonly takesLists: boolean;
  readonly threads: ReadonlyMap<number, { readonly control: string }>;
  addGroup(at: Placement): void;
  removeGroup(at: Placement): void;
  place(id: number, at: Placement): void;
}

/** The kernel's rules of making and removing monitoring groups and of moving threads, as measured on 6.1 and 6.12. */
export class FakeResctrlCalls implements ResctrlCalls {
  readonly #machine: FakeMachine;
  readonly #open = new Map<number, string>();
  #next = 10;

  constructor(machine: FakeMachine) {
    this.#machine = machine;
  }

  get openFiles(): number {
    return this.#open.size;
  }

  mkdir(path: string): void {
    const { limbo, numRmids, usedRmids } = this.#machine;
    this.#enter('mkdir', path);
    if (existsSync(path)) throw systemError('EEXIST');
    if (!existsSync(dirname(path))) throw systemError('ENOENT');
    const at = placementOf(this.#machine.mountPoint, path);
    if (at === undefined) throw systemError('EPERM');
    if (usedRmids + limbo >= numRmids) throw systemError(limbo > 0 ? 'EBUSY' : 'ENOSPC');
    const { numClosids, usedClosids } = this.#machine;
    if (at.monitoring === '' && usedClosids >= numClosids) throw systemError('ENOSPC');
    this.#machine.addGroup(at);
  }

  rmdir(path: string): void {
    this.#enter('rmdir', path);
    if (!existsSync(path)) throw systemError('ENOENT');
    const at = placementOf(this.#machine.mountPoint, path);
    if (at === undefined) throw systemError('EPERM');
    this.#machine.removeGroup(at);
  }

  open(path: string): number {
    this.#enter('open', path);
    if (!existsSync(path)) throw systemError('ENOENT');
    this.#next += 1;
    this.#open.set(this.#next, path);
    return this.#next;
  }

  write(fd: number, text: string): void {
    const { mountPoint, log, takesLists } = this.#machine;
    const path = this.#open.get(fd) ?? '';
    const folder = dirname(path);
    log.push(`write ${folder.slice(mountPoint.length)} ${text.trim()}`);
    if (!existsSync(folder)) throw systemError('ENODEV');
    const at = placementOf(mountPoint, folder);
    if (at === undefined) throw new Error(`a write to ${folder}`);
    if (basename(path) === 'schemata') {
      const refused = this.#machine.fail('write', path.slice(mountPoint.length));
      if (refused !== undefined) throw systemError(refused);
      this.#machine.schemata.write(at.control, text);
      return;
    }
    const ids = text.trim().split(',');
    if (ids.length > 1 && !takesLists) throw systemError('EINVAL');
    for (const word of ids) this.#move(word, at);
  }

  close(fd: number): void {
    this.#open.delete(fd);
  }

  #move(word: string, at: Placement): void {
    const refused = this.#machine.fail('write', word);
    if (refused !== undefined) throw systemError(refused);
    const thread = this.#machine.threads.get(Number(word));
    if (thread === undefined) throw systemError('ESRCH');
    if (at.monitoring !== '' && thread.control !== at.control) throw systemError('EINVAL');
    this.#machine.place(Number(word), at);
  }

  #enter(call: string, path: string): void {
    const name = path.slice(this.#machine.mountPoint.length);
    if (call !== 'open') this.#machine.log.push(`${call} ${name}`);
    const errno = this.#machine.fail(call, name);
    if (errno !== undefined) throw systemError(errno);
  }
}

/** Of a group's folder; undefined for any other. */
function placementOf(mountPoint: string, folder: string): Placement | undefined {
  if (join(folder) === mountPoint) return { control: '', monitoring: '' };
  if (dirname(folder) === mountPoint) {
    const name = basename(folder);
    return ['info', 'mon_data', 'mon_groups'].includes(name) ? undefined : { control: name, monitoring: '' };
  }
  if (basename(dirname(folder)) !== 'mon_groups') return undefined;
  const above = dirname(dirname(folder));
  return { control: above === mountPoint ? '' : basename(above), monitoring: basename(folder) };
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
