import { type ComponentNode, describeNode, isNull, type MappingEntry } from './config-node.ts';
import type { ComponentContext } from './context.ts';
import type { ComponentKind, ComponentKinds } from './kinds.ts';
import type { Parameter, ParameterFacts } from './parameters.ts';
import type { Checked, Site, Type } from './site.ts';
import { suggestName } from './suggest-name.ts';

/** Parameters by the names they have in YAML. */
export type Parameters = Readonly<Record<string, Parameter<unknown>>>;

/** What `create` gets: each parameter under its name. */
export type ArgumentsOf<P extends Parameters> = {
  readonly [N in keyof P]: P[N] extends Parameter<infer T> ? T : never;
};

/** A component as it is declared. */
export interface Declaration<K extends ComponentKind | 'config', P extends Parameters, T> {
  /** The YAML tag without `!`. */
  readonly tag: string;
  readonly kind: K;
  /** First version: `seed` and `head` are the original's, `wca` is ours. */
  readonly since: 'seed' | 'head' | 'wca';
  readonly doc: string;
  readonly parameters: P;
  /** Old name → name. */
  readonly aliases?: Readonly<Record<string, keyof P & string>>;
  /** YAML, beginning with the tag. */
  readonly example?: string;
  /** Without side effects: files and sockets are opened by the component's `start`. What it throws is told with position. */
  create(args: ArgumentsOf<P>, context: ComponentContext): T;
}

/** What can be made from a tag. Made by `defineComponent` and `defineConfig`. */
export interface Definition<K extends ComponentKind | 'config', T> {
  readonly tag: string;
  readonly kind: K;
  readonly since: 'seed' | 'head' | 'wca';
  readonly doc: string;
  readonly parameters: ReadonlyMap<string, ParameterFacts>;
  readonly aliases: ReadonlyMap<string, string>;
  readonly example: string | undefined;
  /** Checks the arguments written under the tag. */
  check(node: ComponentNode, site: Site): Checked<T> | undefined;
}

export type ComponentDefinition<K extends ComponentKind = ComponentKind> = {
  readonly [N in K]: Definition<N, ComponentKinds[N]>;
}[K];

export type ConfigDefinition<T> = Definition<'config', T>;

export type AnyDefinition = ComponentDefinition | ConfigDefinition<unknown>;

/** Declares a component that a configuration names by its tag. The type of `args` follows from the parameters. */
export function defineComponent<K extends ComponentKind, P extends Parameters>(
  declaration: Declaration<K, P, ComponentKinds[K]>,
): Definition<K, ComponentKinds[K]> {
  return define(declaration);
}

/** Declares a settings object (the original's `SSL`, `AllocationConfiguration`); it may be made more than once. */
export function defineConfig<P extends Parameters, T>(declaration: Declaration<'config', P, T>): ConfigDefinition<T> {
  return define(declaration);
}

/** The parameter type of a settings object. */
export function config<T>(definition: ConfigDefinition<T>): Type<T> {
  const label = `!${definition.tag}`;
  return {
    label,
    check(node, site) {
      if (node.kind === 'component' && node.tag === definition.tag) return definition.check(node, site);
      return site.problem(node, `got ${describeNode(node)}`, label);
    },
  };
}

function define<K extends ComponentKind | 'config', P extends Parameters, T>(
  declaration: Declaration<K, P, T>,
): Definition<K, T> {
  const { tag, kind, since, doc, parameters, example } = declaration;
  const aliases = new Map(Object.entries<string>(declaration.aliases ?? {}));
  return {
    tag,
    kind,
    since,
    doc,
    parameters: new Map(Object.entries(parameters).map(([name, { facts }]) => [name, facts])),
    aliases,
    example,
    check(node, site) {
      const names = checkNames({ tag, parameters, aliases, node, site });
      if (names === undefined) return undefined;
      const made = Object.entries(parameters).map(([name, parameter]) =>
        checkArgument({ tag, name, parameter, node, site, entry: names.given.get(name) }),
      );
      const checked = made.filter((argument) => argument !== undefined);
      if (names.wrong || checked.length < made.length) return undefined;
      return (context) => {
        const pairs: readonly (readonly unknown[])[] = checked.map(({ name, make }) => [name, make(context)]);
        const args: ArgumentsOf<P> = Object.fromEntries(pairs);
        return declaration.create(args, context);
      };
    },
  };
}

interface NamesCheck {
  readonly tag: string;
  readonly parameters: Parameters;
  readonly aliases: ReadonlyMap<string, string>;
  readonly node: ComponentNode;
  readonly site: Site;
}

interface Names {
  /** The arguments by their present names. */
  readonly given: ReadonlyMap<string, MappingEntry>;
  /** Problems were noted; those of the arguments are still wanted. */
  readonly wrong: boolean;
}

/** undefined: there are no arguments to look at. */
function checkNames({ tag, parameters, aliases, node, site }: NamesCheck): Names | undefined {
  const { content } = node;
  if (isNull(content) || (content.kind === 'scalar' && content.scalar.type === 'str' && content.scalar.value === '')) {
    return { given: new Map(), wrong: false };
  }
  if (content.kind === 'scalar') {
    site.note(node, `${describeNode(content)} after !${tag} is ignored, parameters are a mapping`);
    return { given: new Map(), wrong: false };
  }
  if (content.kind !== 'mapping') {
    return site.problem(node, `got ${describeNode(content)}`, `!${tag} wants a mapping of its parameters`);
  }
  const given = new Map<string, MappingEntry>();
  let wrong = false;
  for (const entry of content.entries) {
    const name = aliases.get(entry.key) ?? entry.key;
    const below = site.below(`.${entry.key}`);
    const before = given.get(name);
    if (!Object.hasOwn(parameters, name)) {
      wrong = true;
      const known = Object.keys(parameters).sort();
      const allowed = known.length === 0 ? 'it has none' : `its parameters: ${known.join(', ')}`;
      const hint = suggestName(entry.key, [...known, ...aliases.keys()]);
      below.problem({ at: entry.keyAt }, `!${tag} has no such parameter${hint}`, allowed);
    } else if (before !== undefined) {
      wrong = true;
      below.problem({ at: entry.keyAt }, `the same parameter as ${before.key}`, 'give one of them');
    } else {
      given.set(name, entry);
      if (name !== entry.key) below.note({ at: entry.keyAt }, `an old name, use ${name}`);
    }
  }
  return { given, wrong };
}

interface ArgumentCheck {
  readonly tag: string;
  readonly name: string;
  readonly parameter: Parameter<unknown>;
  readonly node: ComponentNode;
  readonly site: Site;
  readonly entry: MappingEntry | undefined;
}

function checkArgument({
  tag,
  name,
  parameter,
  node,
  site,
  entry,
}: ArgumentCheck): { readonly name: string; readonly make: Checked<unknown> } | undefined {
  if (entry === undefined) {
    if (parameter.absent !== undefined) return { name, make: parameter.absent };
    return site.below(`.${name}`).problem(node, `missing, !${tag} needs it`, parameter.facts.type);
  }
  const make = parameter.check(entry.value, site.below(`.${entry.key}`));
  return make === undefined ? undefined : { name, make };
}
