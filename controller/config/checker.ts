import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Storage } from '../storages/storage.ts';
import { type ComponentNode, type ConfigNode, describeNode, type Position } from './config-node.ts';
import type { ComponentContext } from './context.ts';
import { type ComponentKind, type ComponentKinds, kindNames } from './kinds.ts';
import type { Need } from './need.ts';
import type { Registry } from './registry.ts';
import type { Checked, Problem, Site } from './site.ts';
import { suggestName } from './suggest-name.ts';

/** Something accepted that should be written differently. */
export interface Note {
  readonly at: Position;
  readonly field: string;
  readonly text: string;
}

/** A component of the file; one that stands there by several aliases is told where it comes first. */
export interface ComponentUse {
  /** `runner.metrics_storage`. */
  readonly field: string;
  readonly tag: string;
  readonly doc: string;
  /** What it says of itself once it is made: `PrometheusStorage http://127.0.0.1:9152/metrics`. */
  readonly describe: () => string | undefined;
  readonly needs: () => readonly Need[];
}

/** Values looked at in one file: aliases can make very many of few lines. */
const maxValues = 500_000;

/** Thrown when a file has more values than the bound; `loadConfiguration` makes a problem of it. */
export class TooManyValues extends Error {}

/** Makes one component. */
interface Step {
  readonly kind: ComponentKind;
  readonly make: (context: ComponentContext) => Problem | undefined;
}

/** Thrown by a component whose own parts could not be made; their problem is noted already. */
class PartFailed extends Error {}

interface CheckedNode<T> {
  readonly problems: readonly Problem[];
  readonly checked: Checked<T> | undefined;
}

type CheckedNodes = { readonly [K in ComponentKind]: Map<ComponentNode, CheckedNode<ComponentKinds[K]>> };

/** Checks the components of one file, then makes them: those inside first, in the order of the document. */
export class Checker {
  readonly notes: Note[] = [];
  /** The outer before the inner ones. */
  readonly uses: ComponentUse[] = [];
  readonly #registry: Registry;
  readonly #canRead: (path: string) => boolean;
  readonly #nodes: CheckedNodes = {
    runner: new Map(),
    node: new Map(),
    storage: new Map(),
    labels: new Map(),
    allocator: new Map(),
    detector: new Map(),
  };
  readonly #steps: Step[] = [];
  #values = 0;

  constructor(registry: Registry, canRead: (path: string) => boolean) {
    this.#registry = registry;
    this.#canRead = canRead;
  }

  /** A place with no problems yet. */
  site(field: string, problems: Problem[] = []): Site {
    const site: Site = {
      field,
      problems,
      below: (suffix) => {
        this.#values += 1;
        if (this.#values > maxValues)
          throw new TooManyValues(`more than ${maxValues} values, counting each use of an alias`);
        return this.site(field + suffix, problems);
      },
      trial: () => this.site(field),
      report: (problem) => {
        problems.push(problem);
      },
      problem: (node, reason, allowed = '') => {
        problems.push({ at: node.at, field, reason, allowed });
        return undefined;
      },
      note: (node, text) => {
        this.notes.push({ at: node.at, field, text });
      },
      component: (kind, node) => this.#component(kind, node, site),
      canRead: this.#canRead,
    };
    return site;
  }

  /** Makes all components that were checked; returns what their constructors complained of. */
  make(context: ComponentContext): readonly Problem[] {
    return this.#steps.flatMap(({ make }) => make(context) ?? []);
  }

  /** Makes them once more for another host: all but the storages, which hosts share. */
  makeForAnotherHost(context: ComponentContext): readonly Problem[] {
    return this.#steps.flatMap(({ kind, make }) => (kind === 'storage' ? [] : (make(context) ?? [])));
  }

  /** The storages that were made. */
  storages(context: ComponentContext): readonly Storage[] {
    return [...this.#nodes.storage.values()].flatMap(({ checked }) => checked?.(context) ?? []);
  }

  #component<K extends ComponentKind>(kind: K, node: ConfigNode, site: Site): Checked<ComponentKinds[K]> | undefined {
    if (node.kind !== 'component') return site.problem(node, `got ${describeNode(node)}`, this.#allowed(kind));
    const known = this.#nodes[kind].get(node);
    const result = known ?? this.#check(kind, node, site.field);
    if (known === undefined) this.#nodes[kind].set(node, result);
    for (const problem of result.problems) site.report(problem);
    return result.checked;
  }

  #check<K extends ComponentKind>(kind: K, node: ComponentNode, field: string): CheckedNode<ComponentKinds[K]> {
    const site = this.site(field);
    const definition = this.#registry.find(kind, node.tag);
    if (definition === undefined) {
      this.#refuseTag(kind, node, site);
      return { problems: site.problems, checked: undefined };
    }
    let made: { readonly instance: ComponentKinds[K] } | undefined;
    this.uses.push({ field, tag: node.tag, doc: definition.doc, ...selfDescription(() => made?.instance) });
    const make = definition.check(node, site);
    if (make === undefined) return { problems: site.problems, checked: undefined };
    const step = (context: ComponentContext): Problem | undefined => {
      try {
        made = { instance: make(context) };
        return undefined;
      } catch (thrown) {
        if (thrown instanceof PartFailed) return undefined;
        const reason = `!${node.tag} cannot be made: ${describeThrown(node.tag, thrown)}`;
        return { at: node.at, field, reason, allowed: remedyOf(thrown), cause: thrown };
      }
    };
    this.#steps.push({ kind, make: step });
    const checked = (): ComponentKinds[K] => {
      if (made === undefined) throw new PartFailed(`${field} was not made`);
      return made.instance;
    };
    return { problems: [], checked };
  }

  #refuseTag(kind: ComponentKind, node: ComponentNode, site: Site): void {
    const registered = this.#registry.get(node.tag);
    if (registered !== undefined) {
      site.problem(node, `!${node.tag} is ${kindNames[registered.definition.kind]}`, this.#allowed(kind));
      return;
    }
    const tags = this.#registry.tags();
    site.problem(
      node,
      `the tag !${node.tag} is unknown${suggestName(node.tag, tags)}`,
      `available: ${tags.map((tag) => `!${tag}`).join(', ')}`,
    );
  }

  #allowed(kind: ComponentKind): string {
    const tags = this.#registry.list().filter(({ definition }) => definition.kind === kind);
    return `${kindNames[kind]}: ${tags.map(({ definition }) => `!${definition.tag}`).join(', ')}`;
  }
}

/** Some kinds of components describe themselves and tell their needs, others do not. */
function selfDescription(
  instance: () => ComponentKinds[ComponentKind] | undefined,
): Pick<ComponentUse, 'describe' | 'needs'> {
  return {
    describe: () => {
      const made = instance();
      return made !== undefined && 'describe' in made ? made.describe() : undefined;
    },
    needs: () => {
      const made = instance();
      return made !== undefined && 'needs' in made ? (made.needs?.() ?? []) : [];
    },
  };
}

/** `topic: "a b" is no name of a topic`: the subject is told unless it is the component itself. */
function describeThrown(tag: string, thrown: unknown): string {
  if (!(thrown instanceof WcaError)) return thrown instanceof Error ? thrown.message : String(thrown);
  const subject = thrown.subject.startsWith(tag) ? thrown.subject.slice(tag.length).trim() : thrown.subject;
  return subject === '' ? thrown.message : `${subject}: ${thrown.message}`;
}

function remedyOf(thrown: unknown): string {
  return thrown instanceof WcaError ? (thrown.remedy ?? '') : '';
}
