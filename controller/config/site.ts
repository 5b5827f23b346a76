import type { ConfigNode, Position } from './config-node.ts';
import type { ComponentContext } from './context.ts';
import type { ComponentKind, ComponentKinds } from './kinds.ts';

/** One thing wrong in a file. */
export interface Problem {
  readonly at: Position;
  /** `runner.node.tasks[3]`. */
  readonly field: string;
  /** What was found, what is wrong. */
  readonly reason: string;
  /** What would be right; empty when `reason` says it. */
  readonly allowed: string;
  /** What a constructor threw. */
  readonly cause?: unknown;
}

/** A value that was found right; made once everything in the file is. */
export type Checked<T> = (context: ComponentContext) => T;

/** The place at which a value is checked: where its problems are noted and what the check may ask. */
export interface Site {
  readonly field: string;
  /** The place `suffix` below: `site.below('[3]')`, `site.below('.tasks')`. */
  below(suffix: string): Site;
  /** The same place with a list of problems of its own, for alternatives. */
  trial(): Site;
  readonly problems: readonly Problem[];
  /** Notes a problem; returns undefined, the result of a check that failed. */
  problem(node: { readonly at: Position }, reason: string, allowed?: string): undefined;
  /** Passes on a problem found at another place. */
  report(problem: Problem): void;
  /** Notes what is accepted but should be written differently. */
  note(node: { readonly at: Position }, text: string): void;
  /** Checks a component of the kind; the same node gives the same instance. */
  component<K extends ComponentKind>(kind: K, node: ConfigNode): Checked<ComponentKinds[K]> | undefined;
  /** Whether the real user may read the file. */
  canRead(path: string): boolean;
}

/** A type of parameter values. */
export interface Type<T> {
  /** For people: `number from 0 to 60`. */
  readonly label: string;
  /** undefined: problems were noted at `site`. */
  check(node: ConfigNode, site: Site): Checked<T> | undefined;
}
