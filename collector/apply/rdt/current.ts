import type { CurrentValue } from '../../../shared/allocation/values.ts';
import { formatSchemataLine } from '../../../shared/kernel-text/schemata.ts';
import { type GroupLines, readGroupLines } from '../../kernel/resctrl/control-reader.ts';
import type { AllocationTarget } from '../ports.ts';
import type { RdtContext } from './context.ts';
import { formatLineText, tryParse } from './line-text.ts';
import { maximumOf, openRdtMachine, type RdtMachine } from './machine.ts';

/** What is in force of RDT for targets, as the kernel says; for the time of one pass over them. */
export class RdtCurrentPass {
  readonly #context: RdtContext;
  #machine: { readonly of: RdtMachine | undefined } | undefined;
  /** Each group is read once. */
  readonly #groups = new Map<string, CurrentValue | undefined>();

  constructor(context: RdtContext) {
    this.#context = context;
  }

  /** Control group and lines of a target: those of its threads; undefined without RDT control, or where the cgroup is gone. */
  read({ path, children }: AllocationTarget): CurrentValue | undefined {
    this.#machine ??= { of: this.#open() };
    const machine = this.#machine.of;
    const inode = machine === undefined ? undefined : this.#context.readInode(path);
    if (machine === undefined || inode === undefined) return undefined;
    const cgroups = children.length === 0 ? [path] : children;
    const group = machine.threads.readQuick({ kind: 'rdt-members', path, inode: String(inode), cgroups });
    if (!this.#groups.has(group)) this.#groups.set(group, this.#readGroup(group, machine));
    return this.#groups.get(group);
  }

  #open(): RdtMachine | undefined {
    const machine = openRdtMachine(this.#context);
    return machine.ok && machine.value.info.numClosids !== undefined ? machine.value : undefined;
  }

  #readGroup(group: string, machine: RdtMachine): CurrentValue | undefined {
    const lines = readGroupLines(machine.mountPoint, group, this.#context.scratch);
    if (lines === undefined) return undefined;
    const texts = [...lines].map(([resource, domains]) =>
      formatSchemataLine({ resource, domains: tryParse(formatLineText(domains, maximumOf(machine, resource))) }),
    );
    return {
      value: { type: 'rdt', group, lines: texts },
      raw: [group === '' ? '/' : group, ...rawLines(lines)].join(' '),
    };
  }
}

function rawLines(lines: GroupLines): readonly string[] {
  return [...lines].map(([resource, domains]) => formatSchemataLine({ resource, domains }));
}
