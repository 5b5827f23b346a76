import type { Level } from 'pino';
import { parseLevel } from '../../shared/log/logger.ts';
import { type ConfigNode, describeNode } from './config-node.ts';
import type { Site } from './site.ts';
import { suggestName } from './suggest-name.ts';

/** What the section accepts; case does not matter. */
const levelNames = ['critical', 'error', 'warning', 'warn', 'info', 'debug', 'trace', 'notset'] as const;

/** Module → level. '' is the root of all modules. */
export type LoggerLevels = ReadonlyMap<string, Level | 'silent'>;

/** The root key `loggers` (spec config §1.9). Wrong entries are problems at `site`. */
export function checkLoggers(node: ConfigNode, site: Site): LoggerLevels {
  const levels = new Map<string, Level | 'silent'>();
  if (node.kind !== 'mapping') {
    site.problem(node, `got ${describeNode(node)}`, 'mapping of module names to levels');
    return levels;
  }
  for (const entry of node.entries) {
    const below = site.below(`.${entry.key}`);
    if (!entry.keyIsText) below.problem({ at: entry.keyAt }, `the module name ${entry.key} is no string`, 'quote it');
    const text = scalarText(entry.value);
    const level = text === undefined ? undefined : parseLevel(text);
    if (level === undefined) {
      const hint = text === undefined ? '' : suggestName(text, levelNames);
      below.problem(entry.value, `got ${describeNode(entry.value)}${hint}`, `one of ${levelNames.join(', ')}`);
    } else {
      levels.set(entry.key, level);
    }
  }
  return levels;
}

function scalarText(node: ConfigNode): string | undefined {
  return node.kind === 'scalar' && node.scalar.type === 'str' ? node.scalar.value : undefined;
}
