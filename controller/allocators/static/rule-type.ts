import { type ConfigNode, describeNode } from '../../config/config-node.ts';
import { record } from '../../config/record-type.ts';
import type { Type } from '../../config/site.ts';
import { bool, float, int, list, map, nullable, oneOf, str, union } from '../../config/types.ts';
import { formatPythonFloat } from '../../python/float.ts';
import { PatternError } from '../../python/pattern.ts';
import { PythonPrefixMatch } from '../../python/prefix-match.ts';
import { LabelMatch, matchModes } from './match.ts';
import type { RuleSubject, StaticRule } from './rules.ts';

const maxPatternLength = 4_000;
const maxIdsLength = 4_000;

const onOff = (): Type<0 | 1 | boolean> => union(bool(), oneOrZero());
const ids = (): Type<string | number | readonly number[]> =>
  union(str({ maxLength: maxIdsLength }), union(int(), list(int())));
const bytes = (): Type<number | 'max'> => union(oneOf(['max']), float());
const schemata = (): Type<string> => str({ maxLength: 4_000 });

/** Values are checked for their type only: whether they are right for this host is decided when they are applied. */
const allocations = record('allocations', {
  cpu_quota: float(),
  cpu_shares: float(),
  rdt: record('rdt', {
    name: str(),
    l3: schemata(),
    mb: schemata(),
    l3code: schemata(),
    l3data: schemata(),
    l2: schemata(),
  }),
  cpuset_cpus: ids(),
  cpuset_mems: ids(),
  cpuset_memory_migrate: onOff(),
  migrate_pages: int(),
  cpu_idle: onOff(),
  cpu_burst: float(),
  memory_high: bytes(),
  memory_low: bytes(),
  io_weight: float(),
});

const fields = record('a rule', {
  name: text(),
  task_id: str({ maxLength: 4_000 }),
  labels: map(pattern()),
  match: oneOf(matchModes),
  allocations: nullable(allocations),
});

/** One rule of a StaticAllocator (spec allocation §6.1). */
export function staticRule(): Type<StaticRule> {
  return {
    label: 'rule: mapping with allocations, and name, task_id, labels, match where wanted',
    check(node, site) {
      const checked = fields.check(node, site);
      if (checked === undefined) return undefined;
      if (!hasKey(node, 'allocations')) site.note(node, 'a rule without allocations has no effect');
      return (context) => {
        const { name, task_id, labels, match = 'any', allocations: given = {} } = checked(context);
        return { name, subject: subjectOf(task_id, labels && new LabelMatch(labels, match)), allocations: given };
      };
    },
  };
}

/** The id wins over the labels. */
function subjectOf(id: string | undefined, match: LabelMatch | undefined): RuleSubject {
  if (id !== undefined) return { kind: 'task', id };
  return match === undefined ? { kind: 'all' } : { kind: 'labels', match };
}

function hasKey(node: ConfigNode, key: string): boolean {
  return node.kind === 'mapping' && node.entries.some((entry) => entry.key === key);
}

function oneOrZero(): Type<0 | 1> {
  const label = '0 or 1';
  return {
    label,
    check(node, site) {
      const value = node.kind === 'scalar' && node.scalar.type === 'int' ? node.scalar.value : undefined;
      if (value === 0n) return () => 0;
      return value === 1n ? () => 1 : site.problem(node, `got ${describeNode(node)}`, label);
    },
  };
}

/** Any scalar as Python's `str` writes it: `1`, `0.5`, `True`, `None`. */
function text(): Type<string> {
  const label = 'string';
  return {
    label,
    check(node, site) {
      const value = textOf(node);
      if (value === undefined) return site.problem(node, `got ${describeNode(node)}`, label);
      if (value.length > maxPatternLength) {
        return site.problem(node, `got ${describeNode(node)}, longer than ${maxPatternLength} characters`, label);
      }
      return () => value;
    },
  };
}

function textOf(node: ConfigNode): string | undefined {
  if (node.kind !== 'scalar') return undefined;
  switch (node.scalar.type) {
    case 'str':
      return node.scalar.value;
    case 'int':
      return String(node.scalar.value);
    case 'float':
      return formatPythonFloat(node.scalar.value);
    case 'bool':
      return node.scalar.value ? 'True' : 'False';
    case 'null':
      return 'None';
  }
}

function pattern(): Type<PythonPrefixMatch> {
  const label = 'Python regular expression';
  return {
    label,
    check(node, site) {
      const checked = text().check(node, site);
      const source = checked === undefined ? undefined : textOf(node);
      if (source === undefined) return undefined;
      try {
        const compiled = new PythonPrefixMatch(source);
        return () => compiled;
      } catch (thrown) {
        if (!(thrown instanceof PatternError)) throw thrown;
        return site.problem(node, `got ${describeNode(node)}, ${thrown.message}`, label);
      }
    },
  };
}
