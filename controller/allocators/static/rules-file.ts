import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoName, toWcaError, type WcaError } from '../../../shared/errors/wca-error.ts';
import { Checker, TooManyValues } from '../../config/checker.ts';
import type { ComponentContext } from '../../config/context.ts';
import { type Identity, readIdentity, readSafeFile } from '../../config/file-safety.ts';
import { configurationError, formatProblem } from '../../config/problem-text.ts';
import { Registry } from '../../config/registry.ts';
import type { Problem } from '../../config/site.ts';
import { list } from '../../config/types.ts';
import { parseYaml } from '../../config/yaml-document.ts';
import { staticRule } from './rule-type.ts';
import type { StaticRule } from './rules.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface RulesFileOptions {
  /** Relative to the working folder. */
  readonly path: string;
  /** For `!Env`. */
  readonly env: Env;
  readonly context: ComponentContext;
  /** Whose files are trusted; those of the user who starts the controller. */
  readonly identity?: Identity;
}

/** The rules in force. */
export type RulesInForce =
  /** There is no file: no rules. */
  | { readonly kind: 'missing'; readonly rules: readonly [] }
  | { readonly kind: 'good'; readonly rules: readonly StaticRule[]; readonly notes: readonly string[] }
  /** The latest version cannot be used: the rules of the last good one, none if there was none. */
  | { readonly kind: 'bad'; readonly rules: readonly StaticRule[]; readonly error: WcaError };

const missing: RulesInForce = { kind: 'missing', rules: [] };

/** A file of rules that is read again when it has changed (W18). */
export class RulesFile {
  readonly path: string;
  readonly #options: RulesFileOptions;
  readonly #identity: Identity;
  #version = '';
  #inForce: RulesInForce = missing;
  #failures = 0;

  constructor(options: RulesFileOptions) {
    this.path = resolve(options.path);
    this.#options = options;
    this.#identity = options.identity ?? readIdentity();
  }

  /** Versions that could not be used. */
  get failures(): number {
    return this.#failures;
  }

  /** The same object as long as the file is the same. */
  read(): RulesInForce {
    const version = this.#readVersion();
    if (version === this.#version) return this.#inForce;
    this.#version = version ?? '';
    this.#inForce = version === undefined ? missing : this.#load();
    return this.#inForce;
  }

  #load(): RulesInForce {
    const { env, context } = this.#options;
    try {
      return {
        kind: 'good',
        ...parseRules({ file: this.path, text: readSafeFile(this.path, this.#identity), env, context }),
      };
    } catch (thrown) {
      this.#failures += 1;
      return { kind: 'bad', rules: this.#inForce.rules, error: toWcaError(thrown, this.path) };
    }
  }

  /** undefined: there is no file. A text that differs when the file does. */
  #readVersion(): string | undefined {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = statSync(this.path, { bigint: true });
      return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
    } catch (thrown) {
      const errno = errnoName(thrown);
      // Any other reason is told by the attempt to read.
      return errno === 'ENOENT' || errno === 'ENOTDIR' ? undefined : `unreadable ${errno}`;
    }
  }
}

export interface RulesText {
  /** For messages. */
  readonly file: string;
  readonly text: string;
  readonly env: Env;
  readonly context: ComponentContext;
}

/**
 * Rules of a YAML text whose root is a list of them. Throws INVALID_CONFIG that names every problem with its place;
 * `notes` are about what is accepted but of no use.
 */
export function parseRules({ file, text, env, context }: RulesText): {
  readonly rules: readonly StaticRule[];
  readonly notes: readonly string[];
} {
  const { root, problems: yamlProblems } = parseYaml(text, env);
  const problems: Problem[] = yamlProblems.map((problem) => ({ ...problem, field: '' }));
  if (problems.length > 0) throw configurationError(file, problems);
  const start = { line: 1, column: 1 };
  if (root === undefined) {
    throw configurationError(file, [{ at: start, field: '', reason: 'the file is empty', allowed: 'a list of rules' }]);
  }
  const checker = new Checker(new Registry(), () => false);
  try {
    const make = list(staticRule()).check(root, checker.site('', problems));
    if (make === undefined) throw configurationError(file, problems);
    const notes = checker.notes.map(({ at, field, text: reason }) =>
      formatProblem(file, { at, field, reason, allowed: '' }),
    );
    return { rules: make(context), notes };
  } catch (thrown) {
    if (!(thrown instanceof TooManyValues)) throw thrown;
    throw configurationError(file, [{ at: start, field: '', reason: thrown.message, allowed: '' }]);
  }
}
