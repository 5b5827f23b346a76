import { accessSync, constants } from 'node:fs';
import type { Runner } from '../runners/runner.ts';
import type { Storage } from '../storages/storage.ts';
import { Checker, type ComponentUse, TooManyValues } from './checker.ts';
import { type CollectorsKey, collectorsKey } from './collectors-key.ts';
import { type ConfigNode, describeNode, type MappingEntry } from './config-node.ts';
import type { ComponentContext } from './context.ts';
import { checkLoggers, type LoggerLevels } from './loggers.ts';
import { configurationError, formatProblem } from './problem-text.ts';
import type { Registry } from './registry.ts';
import type { Checked, Problem, Site } from './site.ts';
import { suggestName } from './suggest-name.ts';
import { component } from './types.ts';
import { parseYaml } from './yaml-document.ts';

export interface ConfigurationSource {
  /** Name of the file, for messages. */
  readonly file: string;
  readonly text: string;
  readonly registry: Registry;
  readonly context: ComponentContext;
  /** For `!Env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Configuration {
  readonly runner: Runner;
  readonly loggers: LoggerLevels;
  /** Whom to follow; undefined: the one collector of the command line. */
  readonly collectors: CollectorsKey | undefined;
  /** All that the file names; hosts share them. */
  readonly storages: readonly Storage[];
  /**
   * The same runner for another host, of components of its own but for the storages. Throws INVALID_CONFIG for what a
   * constructor complains of.
   */
  readonly runnerFor: (context: ComponentContext) => Runner;
  /** What was accepted but should be written differently: `file:line:column field: an old name, use interval`. */
  readonly deprecations: readonly string[];
  readonly components: readonly ComponentUse[];
}

/**
 * The runner that a file describes, made with all its components, bottom-up and only when the whole file is right.
 * Throws INVALID_CONFIG that names every problem as `file:line:column field: reason (what is allowed)`.
 */
export function loadConfiguration({ file, text, registry, context, env }: ConfigurationSource): Configuration {
  const checker = new Checker(registry, canRead);
  const problems: Problem[] = [];
  const checked = checkText({ text, env, checker, problems });
  if (checked?.runner === undefined || problems.length > 0) throw configurationError(file, problems);
  const refuse = (failures: readonly Problem[]): void => {
    if (failures.length > 0) throw configurationError(file, failures);
  };
  refuse(checker.make(context));
  const notes = checker.notes.map(({ at, field, text: reason }) =>
    formatProblem(file, { at, field, reason, allowed: '' }),
  );
  const deprecations = [...new Set(notes)];
  const { runner, collectors, loggers } = checked;
  return {
    runner: runner(context),
    loggers,
    collectors: collectors?.(context),
    storages: checker.storages(context),
    runnerFor: (another) => {
      refuse(checker.makeForAnotherHost(another));
      return runner(another);
    },
    deprecations,
    components: checker.uses,
  };
}

interface CheckedRoot {
  readonly runner: Checked<Runner> | undefined;
  readonly loggers: LoggerLevels;
  readonly collectors: Checked<CollectorsKey> | undefined;
}

interface TextCheck {
  readonly text: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly checker: Checker;
  readonly problems: Problem[];
}

function checkText({ text, env, checker, problems }: TextCheck): CheckedRoot | undefined {
  const { root, problems: yamlProblems } = parseYaml(text, env);
  problems.push(...yamlProblems.map((problem) => ({ ...problem, field: '' })));
  if (problems.length > 0) return undefined;
  try {
    return checkRoot(root, checker.site('', problems));
  } catch (thrown) {
    if (!(thrown instanceof TooManyValues)) throw thrown;
    problems.push({ at: { line: 1, column: 1 }, field: '', reason: thrown.message, allowed: '' });
    return undefined;
  }
}

const rootKeys = ['runner', 'loggers', 'collectors'];
const allowedRoot = 'a mapping with runner and, if wanted, loggers and collectors';

function checkRoot(root: ConfigNode | undefined, site: Site): CheckedRoot | undefined {
  const nothing = { at: { line: 1, column: 1 } };
  if (root === undefined) return site.problem(nothing, 'the file is empty', allowedRoot);
  if (root.kind !== 'mapping') return site.problem(root, `the file holds ${describeNode(root)}`, allowedRoot);
  const entries = new Map<string, MappingEntry>();
  for (const entry of root.entries) {
    entries.set(entry.key, entry);
    if (rootKeys.includes(entry.key)) continue;
    const hint = suggestName(entry.key, rootKeys);
    site.below(entry.key).problem({ at: entry.keyAt }, `no such root key${hint}`, rootKeys.join(', '));
  }
  const runnerEntry = entries.get('runner');
  const runnerSite = site.below('runner');
  const runner =
    runnerEntry === undefined
      ? runnerSite.problem(nothing, 'missing', 'a runner')
      : component('runner').check(runnerEntry.value, runnerSite);
  const loggersEntry = entries.get('loggers');
  const loggers: LoggerLevels =
    loggersEntry === undefined ? new Map() : checkLoggers(loggersEntry.value, site.below('loggers'));
  const collectorsEntry = entries.get('collectors');
  const collectors = collectorsEntry && collectorsKey().check(collectorsEntry.value, site.below('collectors'));
  return { runner, loggers, collectors };
}

/** With the real user id, as the original asks. */
function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false; // absent and refused are told alike: the file cannot be read
  }
}
