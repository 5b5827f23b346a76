import type { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Identity } from '../../config/file-safety.ts';
import { parseListFile } from '../../config/list-file.ts';
import { list } from '../../config/types.ts';
import { WatchedFile } from '../../config/watched-file.ts';
import { staticRule } from './rule-type.ts';
import type { StaticRule } from './rules.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface RulesFileOptions {
  /** Relative to the working folder. */
  readonly path: string;
  /** For `!Env`. */
  readonly env: Env;
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

interface Rules {
  readonly rules: readonly StaticRule[];
  readonly notes: readonly string[];
}

const missing: RulesInForce = { kind: 'missing', rules: [] };

/** A file of rules that is read again when it has changed (W18). */
export class RulesFile {
  readonly #file: WatchedFile<Rules>;
  #state: ReturnType<WatchedFile<Rules>['read']> | undefined;
  #inForce: RulesInForce = missing;

  constructor({ path, env, identity }: RulesFileOptions) {
    this.#file = new WatchedFile({
      path,
      identity,
      parse: (text, file) => parseRules({ file, text, env }),
    });
  }

  get path(): string {
    return this.#file.path;
  }

  /** Versions that could not be used. */
  get failures(): number {
    return this.#file.failures;
  }

  /** The same object as long as the file is the same. */
  read(): RulesInForce {
    const state = this.#file.read();
    if (state === this.#state) return this.#inForce;
    this.#state = state;
    if (state.kind === 'missing') this.#inForce = missing;
    else if (state.kind === 'good') this.#inForce = { kind: 'good', ...state.value };
    else this.#inForce = { kind: 'bad', rules: state.value?.rules ?? [], error: state.error };
    return this.#inForce;
  }
}

export interface RulesText {
  /** For messages. */
  readonly file: string;
  readonly text: string;
  readonly env: Env;
}

/**
 * Rules of a YAML text whose root is a list of them. Throws INVALID_CONFIG that names every problem with its place;
 * `notes` are about what is accepted but of no use.
 */
export function parseRules(text: RulesText): Rules {
  const { items, notes } = parseListFile({ ...text, type: list(staticRule()), what: 'a list of rules' });
  return { rules: items, notes };
}
