/** Where a node begins in its file; both from 1. Columns count UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A resolved scalar. int and float are kept apart: an int parameter refuses `1.0`. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly at: Position;
  readonly scalar:
    | { readonly type: 'str'; readonly value: string }
    /** Exact; not a safe integer when the text has more digits than a double holds. */
    | { readonly type: 'int'; readonly value: bigint }
    | { readonly type: 'float'; readonly value: number }
    | { readonly type: 'bool'; readonly value: boolean }
    | { readonly type: 'null' };
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: Position;
  readonly items: readonly ConfigNode[];
}

/** One `key: value`; the position of the key is the position of the field. */
export interface MappingEntry {
  readonly key: string;
  /** False for a key that is a number, a boolean or null: as text it looks like its source. */
  readonly keyIsText: boolean;
  readonly keyAt: Position;
  readonly value: ConfigNode;
}

export interface MappingNode {
  readonly kind: 'mapping';
  readonly at: Position;
  /** In document order, merged keys last; keys are unique. */
  readonly entries: readonly MappingEntry[];
}

/** `!StaticNode {…}`. Aliases are resolved to the same object, so that its identity is the component's. */
export interface ComponentNode {
  readonly kind: 'component';
  readonly at: Position;
  /** Without `!`. */
  readonly tag: string;
  readonly content: ScalarNode | ListNode | MappingNode;
}

/** A configuration file's tree, aliases and merge keys resolved; without cycles, but nodes may be shared. */
export type ConfigNode = ScalarNode | ListNode | MappingNode | ComponentNode;

const longestShown = 80;

/** What a node is, for a message: `the string "abc"`, `the int 5`, `a list`, `!StaticNode`. */
export function describeNode(node: ConfigNode): string {
  switch (node.kind) {
    case 'list':
      return 'a list';
    case 'mapping':
      return 'a mapping';
    case 'component':
      return `!${node.tag}`;
    case 'scalar':
      return describeScalar(node.scalar);
  }
}

function describeScalar(scalar: ScalarNode['scalar']): string {
  switch (scalar.type) {
    case 'null':
      return 'null';
    case 'str':
      return `the string ${shorten(JSON.stringify(scalar.value))}`;
    case 'int':
    case 'float':
    case 'bool':
      return `the ${scalar.type} ${shorten(String(scalar.value))}`;
  }
}

/** At most 80 characters of a text that a file controls. */
export function shorten(text: string): string {
  return text.length <= longestShown ? text : `${text.slice(0, longestShown - 1)}…`;
}

export function isNull(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.scalar.type === 'null';
}
