import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { Registry } from '../registry.ts';
import {
  enumTags,
  headDefaults,
  librdkafkaMigrations,
  type Migration,
  type MigrationRule,
  migrateEventName,
  parameterMigrations,
} from './migrations.ts';
import type { TextEdit } from './text-edits.ts';

export interface MigratorOptions {
  readonly text: string;
  readonly registry: Registry;
  readonly fromHead: boolean;
  readonly document: Document;
}

export interface FoundChange {
  readonly offset: number;
  readonly text: string;
  readonly byHand: boolean;
}

/** A mapping or list that is written in the file more than once, by aliases, is looked at once. */
const maxNodes = 200_000;

/** Finds what is written in an old way, and the edits of the text that mend it. */
export class Migrator {
  readonly edits: TextEdit[] = [];
  readonly changes: FoundChange[] = [];
  readonly #options: MigratorOptions;
  readonly #seen = new Set<unknown>();

  constructor(options: MigratorOptions) {
    this.#options = options;
  }

  /** Looks at a node and all below. Aliases are looked at where their anchor stands. */
  walk(node: unknown): void {
    if (this.#seen.has(node) || this.#seen.size > maxNodes) return;
    this.#seen.add(node);
    if (isSeq(node)) for (const item of node.items) this.walk(item);
    if (!isMap(node)) return;
    if (node.tag?.startsWith('!') === true) this.#component(node.tag.slice(1), node);
    for (const { value } of node.items) this.walk(value);
  }

  #component(tag: string, map: YAMLMap): void {
    this.#entries(tag, map);
    if (tag === 'MeasurementRunner' && this.#options.fromHead) this.#writeHeadDefaults(map);
  }

  /** The entries under a tag, and those that `<<` merges into it. */
  #entries(tag: string, map: YAMLMap): void {
    const keys = new Set(map.items.map(({ key }) => textOf(key)));
    map.items.forEach((pair, i) => {
      const key = textOf(pair.key);
      if (key === undefined) return;
      if (key === '<<') this.#merged(tag, pair.value);
      const place = { tag, map, pair, index: i, key, keys };
      this.#apply(place, this.#ruleOf(tag, key)?.(textOf(pair.value)));
      this.#value(tag, key, pair.value);
    });
  }

  #merged(tag: string, value: unknown): void {
    const sources = isSeq(value) ? value.items : [value];
    for (const source of sources) {
      const map = isAlias(source) ? source.resolve(this.#options.document) : source;
      // A tagged one is looked at under its own tag.
      if (!isMap(map) || map.tag?.startsWith('!') === true || this.#seen.has(map.items)) continue;
      this.#seen.add(map.items);
      this.#entries(tag, map);
    }
  }

  #ruleOf(tag: string, key: string): MigrationRule | undefined {
    const rules = parameterMigrations[tag];
    if (rules !== undefined && Object.hasOwn(rules, key)) return rules[key];
    const present = this.#options.registry.get(tag)?.definition.aliases.get(key);
    return present === undefined ? undefined : () => ({ kind: 'rename', to: present, why: 'an old name' });
  }

  /** What is old inside of a value. */
  #value(tag: string, key: string, value: unknown): void {
    if (isScalar(value) && value.tag !== undefined && enumTags.has(value.tag)) this.#unwrapEnum(value);
    if (tag === 'MeasurementRunner' && key === 'event_names' && isSeq(value)) {
      for (const item of value.items) if (isScalar(item)) this.#eventName(item);
    }
    if (tag === 'KafkaStorage' && key === 'extra_config' && isMap(value)) this.#librdkafka(value);
  }

  #librdkafka(map: YAMLMap): void {
    const keys = new Set(map.items.map(({ key }) => textOf(key)));
    map.items.forEach((pair, index) => {
      const key = textOf(pair.key);
      if (key === undefined || !Object.hasOwn(librdkafkaMigrations, key)) return;
      const place = { tag: 'KafkaStorage extra_config', map, pair, index, key, keys };
      this.#apply(place, librdkafkaMigrations[key]?.(textOf(pair.value)));
    });
  }

  #eventName(item: Scalar): void {
    const name = textOf(item);
    const present = name === undefined ? undefined : migrateEventName(name);
    if (present === undefined) return;
    this.#replaceScalar(item, present);
    this.#tell(item, `the event ${name} is now ${present}: all events of tasks begin so`);
  }

  /** `!NUMAAlgorithm x` → `x`: the tag stands right before the value. */
  #unwrapEnum(value: Scalar): void {
    const start = value.range?.[0] ?? 0;
    const tag = value.tag ?? '';
    const at = this.#options.text.lastIndexOf(tag, start);
    if (at < 0 || this.#options.text.slice(at + tag.length, start).trim() !== '') return;
    this.edits.push({ start: at, end: start, text: '' });
    this.#tell(value, `${tag} is not needed: the value alone will do`);
  }

  #apply(place: Place, migration: Migration | undefined): void {
    if (migration === undefined) return;
    const { tag, pair, key, keys } = place;
    const { key: keyNode, value } = pair;
    if (migration.kind === 'value') {
      if (!isScalar(value)) return;
      this.#replaceScalar(value, migration.to);
      this.#tell(value, `!${tag} ${key}: ${textOf(value)} is now ${migration.to}: ${migration.why}`);
    } else if (migration.kind === 'rename') {
      const text = `!${tag} ${key} is now ${migration.to}: ${migration.why}`;
      if (keys.has(migration.to)) {
        this.#tell(keyNode, `!${tag} has both ${key} and ${migration.to}: keep one of them`, true);
      } else if (isScalar(keyNode)) {
        this.#replaceScalar(keyNode, migration.to);
        this.#tell(keyNode, text);
      }
    } else {
      const edit = this.#planRemoval(place);
      if (edit !== undefined) this.edits.push(edit);
      const what = edit === undefined ? 'is to be removed' : 'is removed';
      this.#tell(keyNode, `!${tag} ${key} ${what}: ${migration.why}`, edit === undefined);
    }
  }

  /** An anchor in what is removed may be wanted elsewhere: then a person has to decide. */
  #planRemoval({ map, pair, index }: Place): TextEdit | undefined {
    const { text } = this.#options;
    const [start, keyEnd] = rangeOf(pair.key);
    const [, ...ends] = rangeOf(pair.value);
    const [valueEnd, nodeEnd] = ends.map((end) => Math.max(end, keyEnd));
    if (valueEnd === undefined || nodeEnd === undefined) return undefined;
    if (/(^|[\s[{,])&/.test(text.slice(start, valueEnd))) return undefined;
    if (map.flow === true) {
      const next = map.items[index + 1];
      const before = map.items[index - 1];
      if (next !== undefined) return { start, end: startOf(next.key), text: '' };
      return { start: before === undefined ? start : rangeOf(before.value)[1], end: valueEnd, text: '' };
    }
    const lineStart = text.lastIndexOf('\n', start - 1) + 1;
    if (text.slice(lineStart, start).trim() !== '') return undefined;
    return { start: lineStart, end: text[nodeEnd - 1] === '\n' ? nodeEnd : endOfLine(text, nodeEnd), text: '' };
  }

  /** Before the first entry, indented like it. */
  #writeHeadDefaults(map: YAMLMap): void {
    const first = map.items[0];
    const keys = new Set(map.items.map(({ key }) => textOf(key)));
    const absent = Object.entries(headDefaults).filter(([name]) => !keys.has(name));
    if (first === undefined || absent.length === 0) return;
    const start = startOf(first.key);
    const names = absent.map(([name]) => name).join(', ');
    const { text } = this.#options;
    const indent = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
    const isFlow = map.flow === true;
    if (keys.has('<<') || (!isFlow && indent.trim() !== '')) {
      this.#tell(first.key, `!MeasurementRunner: the latest original had other defaults for ${names}`, true);
      return;
    }
    const lines = absent.map(([name, value]) => (isFlow ? `${name}: ${value}, ` : `${name}: ${value}\n${indent}`));
    this.edits.push({ start, end: start, text: lines.join('') });
    this.#tell(first.key, `!MeasurementRunner ${names} written out: defaults of the latest original`);
  }

  #replaceScalar(node: Scalar, text: string): void {
    const [start, end] = rangeOf(node);
    this.edits.push({ start, end, text });
  }

  #tell(node: unknown, text: string, byHand = false): void {
    this.changes.push({ offset: startOf(node), text, byHand });
  }
}

interface Place {
  readonly tag: string;
  readonly map: YAMLMap;
  readonly pair: Pair;
  readonly index: number;
  readonly key: string;
  readonly keys: ReadonlySet<string | undefined>;
}

function textOf(node: unknown): string | undefined {
  return isScalar(node) && typeof node.value === 'string' ? node.value : undefined;
}

function startOf(node: unknown): number {
  return rangeOf(node)[0];
}

function rangeOf(node: unknown): readonly [number, number, number] {
  const hasRange = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);
  return (hasRange ? node.range : undefined) ?? [0, 0, 0];
}

/** Behind the end of the line. */
function endOfLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end + 1;
}
