import { type ConfigNode, isNull } from './config-node.ts';
import type { Checked, Site, Type } from './site.ts';

/** What people read about a parameter. */
export interface ParameterOptions {
  /** One or two sentences. */
  readonly doc: string;
  /** `seconds`. */
  readonly unit?: string;
  /** How the default is written; taken from the value unless given. */
  readonly defaultDoc?: string;
  /** The feature arrives with a later version: only the default and `allowed` are accepted until then, as the default. */
  readonly notYet?: NotYet;
}

export interface NotYet {
  readonly reason: string;
  /** Further values that change nothing. */
  readonly allowed?: readonly Plain[];
}

type Plain = string | number | boolean | null;

/** One parameter of a component. Made by `required`, `optional`, `withDefault`. */
export interface Parameter<T> {
  readonly facts: ParameterFacts;
  /** Checks a value that is written in the file. */
  check(node: ConfigNode, site: Site): Checked<T> | undefined;
  /** What an absent key gives, never validated; undefined: it must not be absent. */
  readonly absent: Checked<T> | undefined;
}

/** For the reference and for wca-ctl components. */
export interface ParameterFacts {
  readonly type: string;
  readonly required: boolean;
  /** YAML; undefined when required. */
  readonly defaultText: string | undefined;
  readonly unit: string | undefined;
  readonly doc: string;
  readonly notYet: string | undefined;
}

/** A parameter that must be given. */
export function required<T>(type: Type<T>, options: Omit<ParameterOptions, 'defaultDoc' | 'notYet'>): Parameter<T> {
  return {
    facts: { ...commonFacts(type, options), required: true, defaultText: undefined },
    check: (node, site) => type.check(node, site),
    absent: undefined,
  };
}

/** A parameter that may be absent or null: undefined then. */
export function optional<T>(type: Type<T>, options: ParameterOptions): Parameter<T | undefined> {
  const { defaultDoc = 'null', notYet } = options;
  return {
    facts: { ...commonFacts(type, options), required: false, defaultText: defaultDoc },
    check(node, site) {
      if (isNull(node)) return () => undefined;
      if (notYet === undefined) return type.check(node, site);
      return isInert({ node, site, notYet, inert: [] }) ? () => undefined : undefined;
    },
    absent: () => undefined,
  };
}

/**
 * A parameter with a default. `nullIsDefault`: an explicit null means the default, where the original's documentation
 * promises it (W-09); elsewhere null is as wrong as in the original.
 */
export function withDefault<T>(
  type: Type<T>,
  value: NoInfer<T>,
  options: ParameterOptions & { readonly nullIsDefault?: boolean },
): Parameter<T> {
  const { defaultDoc = formatDefault(value), nullIsDefault = false, notYet } = options;
  return {
    facts: { ...commonFacts(type, options), required: false, defaultText: defaultDoc },
    check(node, site) {
      if (nullIsDefault && isNull(node)) return () => value;
      if (notYet === undefined) return type.check(node, site);
      return isInert({ node, site, notYet, inert: [value] }) ? () => value : undefined;
    },
    absent: () => value,
  };
}

function commonFacts(
  type: Type<unknown>,
  { doc, unit, notYet }: ParameterOptions,
): Pick<ParameterFacts, 'type' | 'unit' | 'doc' | 'notYet'> {
  return { type: type.label, unit, doc, notYet: notYet?.reason };
}

function formatDefault(value: unknown): string {
  if (value === undefined) return 'null';
  return JSON.stringify(value instanceof Map ? Object.fromEntries(value) : value);
}

interface NotYetCheck {
  readonly node: ConfigNode;
  readonly site: Site;
  readonly notYet: NotYet;
  readonly inert: readonly unknown[];
}

/** Whether the value changes nothing; notes a problem when it asks for what this version does not have. */
function isInert({ node, site, notYet, inert }: NotYetCheck): boolean {
  const allowed = [...inert, ...(notYet.allowed ?? [])];
  if (allowed.some((value) => equals(node, value))) return true;
  const texts = allowed.map(formatDefault);
  site.problem(
    node,
    `not supported yet: ${notYet.reason}`,
    texts.length === 0 ? 'leave it out' : `until then only ${texts.join(', ')}`,
  );
  return false;
}

/** Whether the node is the scalar, or like it an empty list or mapping. */
function equals(node: ConfigNode, value: unknown): boolean {
  switch (node.kind) {
    case 'component':
      return false;
    case 'list':
      return Array.isArray(value) && value.length === 0 && node.items.length === 0;
    case 'mapping':
      return value instanceof Map && value.size === 0 && node.entries.length === 0;
    case 'scalar': {
      const { scalar } = node;
      if (scalar.type === 'null') return value === null || value === undefined;
      return scalar.type === 'int' ? Number(scalar.value) === value : scalar.value === value;
    }
  }
}
