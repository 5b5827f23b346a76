import type { Column, Schema } from '../../shared/rpc/watch-messages.ts';
import type { Labels } from '../model/metric.ts';
import type { RefusedMetric } from '../model/metric-rules.ts';
import { MatchTooLong } from '../python/matcher.ts';
import { PythonPrefixMatch } from '../python/prefix-match.ts';

/** Which fields of the tables of the kernel become metrics; the collector sends them all. */
export interface FieldChoice {
  readonly sched: boolean | PythonPrefixMatch;
  readonly vmstat: boolean | PythonPrefixMatch;
  /** Two groups: the key and the number. */
  readonly zoneinfo: boolean | PythonPrefixMatch;
}

/** The original's expression: names of letters and underscores. */
export const defaultZoneinfoPattern = String.raw`\s+([a-z_]+)\s+(\d+)`;

/** What becomes of each column of a schema: its labels, or undefined when it is left out. */
export interface FieldSelection {
  readonly platform: readonly (Labels | undefined)[];
  readonly target: readonly (Labels | undefined)[];
  readonly refused: readonly RefusedMetric[];
}

/** Labels of a column with a key; undefined when it is left out. */
type Choose = (key: string, labels: Labels) => Labels | undefined;

const keep: Choose = (_key, labels) => labels;

/** Decides by the columns' labels alone, once a schema: nothing is matched when snapshots arrive. */
export class FieldFilter {
  readonly #byMetric: ReadonlyMap<string, Choose>;

  constructor({ sched, vmstat, zoneinfo }: FieldChoice) {
    const chooseVmstat = byKey(vmstat);
    this.#byMetric = new Map([
      ['task_sched_stat', byKey(sched)],
      ['platform_vmstat', chooseVmstat],
      ['platform_node_vmstat', chooseVmstat],
      [
        'platform_zoneinfo',
        byLine(zoneinfo instanceof PythonPrefixMatch ? zoneinfo : new PythonPrefixMatch(defaultZoneinfoPattern)),
      ],
    ]);
  }

  select({ platform, target }: Schema): FieldSelection {
    const refused: RefusedMetric[] = [];
    const labelsOf = (column: Column): Labels | undefined => this.#labelsOf(column, refused);
    return { platform: platform.map(labelsOf), target: target.map(labelsOf), refused };
  }

  #labelsOf({ metric, labels }: Column, refused: RefusedMetric[]): Labels | undefined {
    const choose = this.#byMetric.get(metric);
    const key = labels['key'];
    if (choose === undefined || key === undefined) return labels;
    try {
      return choose(key, labels);
    } catch (thrown) {
      if (!(thrown instanceof MatchTooLong)) throw thrown;
      refused.push({ name: metric, reason: `key ${JSON.stringify(key.slice(0, 80))}: ${thrown.message}` });
      return undefined;
    }
  }
}

/** The expression is matched at the beginning of the key. */
function byKey(pattern: boolean | PythonPrefixMatch): Choose {
  if (typeof pattern === 'boolean') return keep;
  return (key, labels) => (pattern.matches(key) ? labels : undefined);
}

/**
 * The expression is matched at the beginning of the line as the kernel prints it, with 0 in place of the number; its
 * first group is the key of the metric, its second one must have taken the number.
 */
function byLine(pattern: PythonPrefixMatch): Choose {
  return (key, labels) => {
    const [, name, number] = pattern.groups(`      ${key.padEnd(12)} 0`) ?? [];
    if (name === undefined || number?.trim() !== '0') return undefined;
    return name === key ? labels : { ...labels, key: name };
  };
}
