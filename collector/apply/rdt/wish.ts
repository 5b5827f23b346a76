import type { ValueOf } from '../../../shared/allocation/values.ts';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { formatDomains, type SchemataLine } from '../../../shared/kernel-text/schemata.ts';
import { normaliseSchemataLine, type SchemataRules } from '../../../shared/kernel-text/schemata-rules.ts';
import { findNameFault } from '../../kernel/resctrl/control-name.ts';
import type { AllocationTarget } from '../ports.ts';

/** A wish for RDT, checked against the machine. */
export interface RdtWish {
  /** '' is the root; undefined: the target's own. */
  readonly group: string | undefined;
  /** Text of the knob by resource: `L3` → `0=f;1=ff`. */
  readonly lines: ReadonlyMap<string, string>;
}

/** Pure. INVALID_ARGUMENT naming what is wrong (spec allocation §4.6, W8, W32). */
export function checkRdtWish(
  target: AllocationTarget,
  { group, lines }: ValueOf<'rdt'>,
  rules: SchemataRules,
): RdtWish | WcaError {
  const subject = `${target.path} rdt`;
  const fault = group === undefined ? undefined : findNameFault(group);
  if (fault !== undefined) {
    return invalid(subject, `the group's name ${JSON.stringify(group?.slice(0, 60))} ${fault}`);
  }
  const texts = new Map<string, string>();
  for (const text of lines) {
    const line = tryNormalise(text, rules);
    if (typeof line === 'string') return invalid(subject, line);
    if (texts.has(line.resource)) return invalid(subject, `${line.resource} is there twice`);
    texts.set(line.resource, formatDomains(line.domains));
  }
  return { group, lines: texts };
}

function tryNormalise(text: string, rules: SchemataRules): SchemataLine | string {
  try {
    return normaliseSchemataLine(text, rules);
  } catch (thrown) {
    if (thrown instanceof SyntaxError || thrown instanceof RangeError) return thrown.message;
    throw thrown;
  }
}

/** INVALID_ARGUMENT. */
export function invalid(subject: string, message: string, remedy?: string): WcaError {
  return new WcaError('INVALID_ARGUMENT', { subject, message, ...(remedy === undefined ? {} : { remedy }) });
}
