import { WcaError } from '../../shared/errors/wca-error.ts';
import type { AnyDefinition, Definition } from './component.ts';
import type { ComponentKind, ComponentKinds } from './kinds.ts';

/** A definition and where it comes from: `built in`, the module of a plugin. */
export interface Registered {
  readonly definition: AnyDefinition;
  readonly source: string;
}

type ByKind = { readonly [K in ComponentKind]: Map<string, Definition<K, ComponentKinds[K]>> };

/** The tags that a configuration may use. */
export class Registry {
  readonly #byTag = new Map<string, Registered>();
  readonly #byKind: ByKind = {
    runner: new Map(),
    node: new Map(),
    storage: new Map(),
    labels: new Map(),
    allocator: new Map(),
    detector: new Map(),
  };

  /** Throws INVALID_CONFIG for a tag that is taken: unlike in the original nothing replaces a component silently. */
  add(definition: AnyDefinition, source: string): void {
    this.#take(definition, source);
    switch (definition.kind) {
      case 'runner':
        this.#byKind.runner.set(definition.tag, definition);
        break;
      case 'node':
        this.#byKind.node.set(definition.tag, definition);
        break;
      case 'storage':
        this.#byKind.storage.set(definition.tag, definition);
        break;
      case 'labels':
        this.#byKind.labels.set(definition.tag, definition);
        break;
      case 'allocator':
        this.#byKind.allocator.set(definition.tag, definition);
        break;
      case 'detector':
        this.#byKind.detector.set(definition.tag, definition);
        break;
      case 'config':
        break; // asked for by its definition, not by its kind
    }
  }

  /** What the tag is, whatever its kind. */
  get(tag: string): Registered | undefined {
    return this.#byTag.get(tag);
  }

  /** The definition of a tag when it is of that kind. */
  find<K extends ComponentKind>(kind: K, tag: string): Definition<K, ComponentKinds[K]> | undefined {
    return this.#byKind[kind].get(tag);
  }

  /** Sorted. */
  tags(): readonly string[] {
    return [...this.#byTag.keys()].sort();
  }

  /** Sorted by tag. */
  list(): readonly Registered[] {
    return this.tags().flatMap((tag) => this.#byTag.get(tag) ?? []);
  }

  #take(definition: AnyDefinition, source: string): void {
    const taken = this.#byTag.get(definition.tag);
    if (taken !== undefined) {
      throw new WcaError('INVALID_CONFIG', {
        subject: `!${definition.tag}`,
        message: `is defined by ${taken.source} and again by ${source}`,
        remedy: 'rename one of the components',
      });
    }
    this.#byTag.set(definition.tag, { definition, source });
  }
}
