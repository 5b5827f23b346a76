import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Pair, type YAMLMap } from 'yaml';
import type { ConfigNode, ListNode, MappingEntry, MappingNode, Position, ScalarNode } from './config-node.ts';
import { describeNode } from './config-node.ts';
import { resolvePlain, resolveTagged } from './yaml-scalar.ts';
import { parseText, positionOf } from './yaml-text.ts';

/** Something wrong with the YAML itself. */
export interface YamlProblem {
  readonly at: Position;
  readonly reason: string;
  readonly allowed: string;
}

export interface YamlTree {
  /** undefined when there are problems, and for an empty document. */
  readonly root: ConfigNode | undefined;
  readonly problems: readonly YamlProblem[];
}

const maxMergedKeys = 100_000;
const maxDepth = 200;
const coreTags = {
  'tag:yaml.org,2002:str': 'str',
  'tag:yaml.org,2002:int': 'int',
  'tag:yaml.org,2002:float': 'float',
  'tag:yaml.org,2002:bool': 'bool',
  'tag:yaml.org,2002:null': 'null',
  'tag:yaml.org,2002:map': 'mapping',
  'tag:yaml.org,2002:seq': 'list',
} as const;

/**
 * Reads the YAML dialect of the original (spec config §1.2): YAML 1.2 scalars, merge keys, one document, `!Env NAME`
 * for the value of an environment variable (empty when unset), other `!Tag`s as components. Duplicate keys, unknown
 * and recursive aliases are problems.
 */
export function parseYaml(text: string, env: Readonly<Record<string, string | undefined>>): YamlTree {
  const parsed = parseText(text);
  if (!parsed.ok) return { root: undefined, problems: parsed.problems.map((problem) => ({ ...problem, allowed: '' })) };
  const reader = new TreeReader(parsed.document, parsed.lines, env);
  const root = parsed.document.contents === null ? undefined : reader.read(parsed.document.contents, 0);
  return { root: reader.problems.length === 0 ? root : undefined, problems: reader.problems };
}

class TreeReader {
  readonly problems: YamlProblem[] = [];
  readonly #lines: LineCounter;
  readonly #env: Readonly<Record<string, string | undefined>>;
  /** Offsets of the tags that the library does not know, ascending: it keeps no position for them in the node. */
  readonly #tagOffsets: readonly number[];
  /** The latest node of each anchor; 'open' while it is being read. */
  readonly #anchors = new Map<string, ConfigNode | 'open'>();
  #mergedKeys = 0;

  constructor(document: Document, lines: LineCounter, env: Readonly<Record<string, string | undefined>>) {
    this.#lines = lines;
    this.#env = env;
    this.#tagOffsets = document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED').map(({ pos }) => pos[0]);
  }

  read(node: unknown, depth: number): ConfigNode {
    if (isAlias(node)) return this.#readAlias(node.source, this.#at(node));
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, 'open');
    const read = this.#readTagged(node, depth);
    if (anchor !== undefined) this.#anchors.set(anchor, read);
    return read;
  }

  #readAlias(name: string, at: Position): ConfigNode {
    const target = this.#anchors.get(name);
    if (target === undefined) return this.#problem(at, `the alias *${name} has no anchor &${name} before it`);
    if (target === 'open') return this.#problem(at, `the alias *${name} stands inside its own anchor`);
    return target;
  }

  #readTagged(node: unknown, depth: number): ConfigNode {
    const tag = isScalar(node) || isMap(node) || isSeq(node) ? node.tag : undefined;
    if (tag === undefined || tag === '!' || tag === '') return this.#readContent(node, depth, tag === '!');
    const at = this.#tagAt(node);
    if (Object.hasOwn(coreTags, tag)) return this.#readCore(node, depth, tag);
    if (!/^![^!]+$/.test(tag)) return this.#problem(at, `the tag ${showTag(tag)} is not supported`);
    const content = this.#readContent(node, depth, tag === '!Env');
    if (tag !== '!Env') return { kind: 'component', at, tag: tag.slice(1), content };
    if (content.kind !== 'scalar' || content.scalar.type !== 'str' || content.scalar.value === '') {
      return this.#problem(at, `!Env with ${describeNode(content)}`, 'the name of an environment variable');
    }
    const name = content.scalar.value;
    const value = Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
    return { kind: 'scalar', at, scalar: { type: 'str', value: value ?? '' } };
  }

  /** `!!int 5` and the like. */
  #readCore(node: unknown, depth: number, tag: string): ConfigNode {
    const wanted = Object.entries(coreTags).find(([name]) => name === tag)?.[1];
    const content = this.#readContent(node, depth, true);
    if (content.kind === wanted || wanted === undefined) return content;
    if (content.kind === 'scalar' && content.scalar.type === 'str' && wanted !== 'mapping' && wanted !== 'list') {
      const scalar = resolveTagged(wanted, content.scalar.value);
      if (scalar !== undefined) return { kind: 'scalar', at: content.at, scalar };
    }
    return this.#problem(content.at, `${describeNode(content)} is no ${showTag(tag)}`);
  }

  /** `literal`: a plain scalar stays the string it is. */
  #readContent(node: unknown, depth: number, literal: boolean): ScalarNode | ListNode | MappingNode {
    const at = this.#at(node);
    if (depth > maxDepth) return this.#problem(at, 'nested too deeply');
    if (isMap(node)) return this.#readMapping(node, depth);
    if (isSeq(node)) return { kind: 'list', at, items: node.items.map((item) => this.read(item, depth + 1)) };
    if (!isScalar(node)) return { kind: 'scalar', at, scalar: { type: 'null' } };
    const text = String(node.value ?? '');
    const plain = node.type === 'PLAIN' && !literal;
    return { kind: 'scalar', at, scalar: plain ? resolvePlain(text) : { type: 'str', value: text } };
  }

  #readMapping(node: YAMLMap, depth: number): MappingNode {
    const at = this.#at(node);
    const entries = new Map<string, MappingEntry>();
    const sources: ConfigNode[] = [];
    let mergeAt: Position | undefined;
    for (const pair of node.items) {
      const key = this.#readKey(pair, depth);
      const value = pair.value === null ? nullNode(key.at) : this.read(pair.value, depth + 1);
      if (key.text === undefined) continue;
      const id = `${key.isText ? 'text' : 'other'} ${key.text}`;
      const before = key.isMerge ? mergeAt : entries.get(id)?.keyAt;
      if (before !== undefined) {
        this.#problem(key.at, `the key ${key.text} stands already at line ${before.line}, column ${before.column}`);
      } else if (key.isMerge) {
        mergeAt = key.at;
        sources.push(...(value.kind === 'list' ? value.items : [value]));
      } else {
        entries.set(id, { key: key.text, keyIsText: key.isText, keyAt: key.at, value });
      }
    }
    for (const source of sources) this.#merge(source, entries, mergeAt ?? at);
    return { kind: 'mapping', at, entries: [...entries.values()] };
  }

  /** Keys of `source` that are not there yet; the key keeps the place where it was written. */
  #merge(source: ConfigNode, entries: Map<string, MappingEntry>, at: Position): void {
    const mapping = source.kind === 'component' ? source.content : source;
    if (mapping.kind !== 'mapping') {
      this.#problem(at, `<< merges ${describeNode(source)}`, 'a mapping or a list of mappings');
      return;
    }
    this.#mergedKeys += mapping.entries.length;
    if (this.#mergedKeys > maxMergedKeys) {
      if (this.problems.length === 0) this.#problem(at, `<< merges more than ${maxMergedKeys} keys`);
      return;
    }
    for (const entry of mapping.entries) {
      const id = `${entry.keyIsText ? 'text' : 'other'} ${entry.key}`;
      if (!entries.has(id)) entries.set(id, entry);
    }
  }

  #readKey(pair: Pair, depth: number): { at: Position; text: string | undefined; isText: boolean; isMerge: boolean } {
    const { key } = pair;
    const isMerge = isScalar(key) && key.type === 'PLAIN' && key.tag === undefined && key.value === '<<';
    const node = this.read(key, depth + 1);
    const at = isAlias(key) ? this.#at(key) : node.at;
    if (node.kind === 'scalar') {
      const { scalar } = node;
      if (scalar.type === 'null') return { at, text: 'null', isText: false, isMerge };
      return { at, text: String(scalar.value), isText: scalar.type === 'str', isMerge };
    }
    this.#problem(at, `${describeNode(node)} as a key`, 'a string');
    return { at, text: undefined, isText: false, isMerge };
  }

  #at(node: unknown): Position {
    const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined;
    return positionOf(this.#lines, range?.[0] ?? 0);
  }

  /** The tag in front of a node: the last one that begins before its content. */
  #tagAt(node: unknown): Position {
    const start = isScalar(node) || isMap(node) || isSeq(node) ? (node.range?.[0] ?? 0) : 0;
    let low = 0;
    let high = this.#tagOffsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#tagOffsets[middle] ?? 0) < start) low = middle + 1;
      else high = middle;
    }
    return positionOf(this.#lines, this.#tagOffsets[low - 1] ?? start);
  }

  #problem(at: Position, reason: string, allowed = ''): ScalarNode {
    this.problems.push({ at, reason, allowed });
    return nullNode(at);
  }
}

function nullNode(at: Position): ScalarNode {
  return { kind: 'scalar', at, scalar: { type: 'null' } };
}

function showTag(tag: string): string {
  return tag.replace(/^tag:yaml\.org,2002:/, '!!');
}
