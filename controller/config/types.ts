import { type ConfigNode, describeNode, isNull, type ScalarNode } from './config-node.ts';
import { type ComponentKind, type ComponentKinds, kindNames } from './kinds.ts';
import type { Checked, Site, Type } from './site.ts';
import { suggestName } from './suggest-name.ts';

/**
 * The vocabulary of parameter types (spec config §1.6), with W-06 to W-09 of its list of weaknesses repaired. Each
 * builder returns a type that checks one YAML value and says for people what it accepts.
 */

const maxTextLength = 400;

/** A type whose values are scalars: `parse` returns what is wrong as `{ wrong }`. */
function scalarType<T>(
  label: string,
  parse: (scalar: ScalarNode['scalar'], site: Site) => { readonly value: T } | { readonly wrong: string } | undefined,
): Type<T> {
  return {
    label,
    check(node, site) {
      const parsed = node.kind === 'scalar' ? parse(node.scalar, site) : undefined;
      if (parsed === undefined) return site.problem(node, `got ${describeNode(node)}`, label);
      if ('wrong' in parsed) return site.problem(node, `got ${describeNode(node)}, ${parsed.wrong}`, label);
      return () => parsed.value;
    },
  };
}

/** `true` or `false`; nothing else. */
export function bool(): Type<boolean> {
  return scalarType('true or false', (scalar) => (scalar.type === 'bool' ? { value: scalar.value } : undefined));
}

/** Whole numbers; `1.0` and booleans are refused. */
export function int(range: { readonly min?: number; readonly max?: number } = {}): Type<number> {
  return scalarType(`whole number${formatRange(range)}`, (scalar) => {
    if (scalar.type !== 'int') return undefined;
    const value = Number(scalar.value);
    if (!Number.isSafeInteger(value)) return { wrong: 'too large' };
    return inRange(value, range);
  });
}

/** Numbers, whole or not; booleans, NaN and infinities are refused. */
export function float(range: { readonly min?: number; readonly max?: number } = {}): Type<number> {
  return scalarType(`number${formatRange(range)}`, (scalar) => {
    if (scalar.type !== 'int' && scalar.type !== 'float') return undefined;
    const value = Number(scalar.value);
    return Number.isFinite(value) ? inRange(value, range) : { wrong: 'not finite' };
  });
}

/** The original's `Numeric(min, max)`, both included. */
export function numeric(min: number, max: number): Type<number> {
  return float({ min, max });
}

function inRange(
  value: number,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: { readonly min?: number; readonly max?: number },
): { readonly value: number } | { readonly wrong: string } {
  if (value < min) return { wrong: 'too small' };
  return value > max ? { wrong: 'too large' } : { value };
}

function formatRange({ min, max }: { readonly min?: number; readonly max?: number }): string {
  if (min === undefined) return max === undefined ? '' : ` up to ${max}`;
  return max === undefined ? ` from ${min}` : ` from ${min} to ${max}`;
}

/** Text; 400 characters unless told otherwise. Numbers must be quoted. */
export function str({ maxLength = maxTextLength }: { readonly maxLength?: number } = {}): Type<string> {
  const label = maxLength === maxTextLength ? 'string' : `string of at most ${maxLength} characters`;
  return scalarType(label, (scalar) => (scalar.type === 'str' ? boundText(scalar.value, maxLength) : undefined));
}

function boundText(value: string, maxLength: number): { readonly value: string } | { readonly wrong: string } {
  // Code points, as the original counts; the first test spares the count.
  const fits = value.length <= maxLength || [...value].length <= maxLength;
  return fits ? { value } : { wrong: `longer than ${maxLength} characters` };
}

export interface PathOptions {
  readonly absolute?: boolean;
  /** Must be readable by the real user while the configuration loads. */
  readonly readable?: boolean;
}

/** A path without a `..` segment. */
export function path({ absolute = false, readable = false }: PathOptions = {}): Type<string> {
  const label = `${absolute ? 'absolute ' : ''}path${readable ? ' of a readable file' : ''} without ".."`;
  return scalarType(label, (scalar, site) => {
    if (scalar.type !== 'str') return undefined;
    const { value } = scalar;
    if (value === '') return { wrong: 'empty' };
    if (value.includes('\0')) return { wrong: 'with a NUL character' };
    if (value.split('/').includes('..')) return { wrong: 'it leads upwards' };
    if (absolute && !value.startsWith('/')) return { wrong: 'not absolute' };
    const bounded = boundText(value, maxTextLength);
    if ('wrong' in bounded) return bounded;
    return readable && !site.canRead(value) ? { wrong: 'it cannot be read' } : bounded;
  });
}

export interface UrlOptions {
  /** Without `:`; http and https unless given. */
  readonly schemes?: readonly string[];
  /** More than `/` after the host is needed. */
  readonly pathRequired?: boolean;
}

/** A URL with a host. */
export function url({ schemes = ['http', 'https'], pathRequired = false }: UrlOptions = {}): Type<URL> {
  const label = `URL (${schemes.join(' or ')})${pathRequired ? ' with a path' : ''}`;
  return scalarType(label, (scalar) => {
    if (scalar.type !== 'str') return undefined;
    const bounded = boundText(scalar.value, maxTextLength);
    if ('wrong' in bounded) return bounded;
    const [, scheme] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/[^/?#]/.exec(scalar.value) ?? [];
    if (scheme === undefined) return { wrong: 'without scheme or host' };
    if (!schemes.includes(scheme.toLowerCase())) return { wrong: `scheme ${scheme} is not supported` };
    const parsed = URL.canParse(scalar.value) ? new URL(scalar.value) : undefined;
    if (parsed === undefined) return { wrong: 'not a URL' };
    return pathRequired && parsed.pathname === '/' ? { wrong: 'without a path' } : { value: parsed };
  });
}

export interface IpPort {
  /** Host name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `1.2.3.4:9092`, `[::1]:9092`. */
export function ipPort(): Type<IpPort> {
  return scalarType('host:port, the port from 1 to 65535; IPv6 as [::1]:port', (scalar) => {
    if (scalar.type !== 'str') return undefined;
    const bounded = boundText(scalar.value, maxTextLength);
    if ('wrong' in bounded) return bounded;
    const [, bracketed, plain, portText] = /^(?:\[([^\]]*)\]|([^:[\]]*)):([0-9]{1,6})$/.exec(scalar.value) ?? [];
    if (portText === undefined) return { wrong: 'not host:port' };
    const port = Number(portText);
    if (port < 1 || port > 65535) return { wrong: 'port out of range' };
    const host = bracketed ?? plain ?? '';
    const known = bracketed === undefined ? isHost(host) : URL.canParse(`http://[${host}]/`);
    return known ? { value: { host, port } } : { wrong: 'not a host' };
  });
}

/** Host names of RFC 1123 (underscores are seen in the field), IPv4 addresses. */
function isHost(host: string): boolean {
  const label = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
  if (host.length > 253 || !new RegExp(`^${label}(?:\\.${label})*\\.?$`).test(host)) return false;
  // What ends in a number is an IPv4 address or wrong (WHATWG URL §3.5): 1.2.3, 1.2.3.400.
  if (!/(?:^|\.)[0-9]+\.?$/.test(host)) return true;
  const octets = host.split('.');
  return octets.length === 4 && octets.every((octet) => /^[0-9]{1,3}$/.test(octet) && Number(octet) <= 255);
}

/**
 * One of a few strings. The original registers its enums as tags that nobody can use (W-05): `enumTag` makes
 * `!CgroupDriverType systemd` the same as `systemd`.
 */
export function oneOf<const T extends string>(
  values: readonly T[],
  { enumTag }: { readonly enumTag?: string } = {},
): Type<T> {
  const label = `one of ${values.join(', ')}`;
  return {
    label,
    check(node, site) {
      const plain = node.kind === 'component' && node.tag === enumTag ? node.content : node;
      const text = plain.kind === 'scalar' && plain.scalar.type === 'str' ? plain.scalar.value : undefined;
      const value = values.find((allowed) => allowed === text);
      if (value !== undefined) return () => value;
      const hint = text === undefined ? '' : suggestName(text, values);
      return site.problem(node, `got ${describeNode(plain)}${hint}`, label);
    },
  };
}

/** `T` or null, which becomes undefined. */
export function nullable<T>(type: Type<T>): Type<T | undefined> {
  return {
    label: `${type.label}, or null`,
    check: (node, site) => (isNull(node) ? () => undefined : type.check(node, site)),
  };
}

/** A list; each wrong item is named by its index. */
export function list<T>(item: Type<T>): Type<readonly T[]> {
  const label = `list of: ${item.label}`;
  return {
    label,
    check(node, site) {
      if (node.kind !== 'list') return site.problem(node, `got ${describeNode(node)}`, label);
      const items = node.items.map((child, index) => item.check(child, site.below(`[${index}]`)));
      const right = items.filter((child) => child !== undefined);
      if (right.length < items.length) return undefined;
      return (context) => right.map((make) => make(context));
    },
  };
}

/** A mapping from strings; each wrong key or value is named. `key` narrows the keys: `map(int(), {key: oneOf([…])})`. */
export function map<V>(
  value: Type<V>,
  { key = str() }: { readonly key?: Type<string> } = {},
): Type<ReadonlyMap<string, V>> {
  const label = `mapping of ${key.label} to: ${value.label}`;
  return {
    label,
    check(node, site) {
      if (node.kind !== 'mapping') return site.problem(node, `got ${describeNode(node)}`, label);
      const pairs: [string, Checked<V>][] = [];
      for (const entry of node.entries) {
        const below = site.below(`.${entry.key}`);
        if (!entry.keyIsText) {
          below.problem({ at: entry.keyAt }, `the key ${entry.key} is no string`, 'quote it');
          continue;
        }
        const keyNode: ConfigNode = { kind: 'scalar', at: entry.keyAt, scalar: { type: 'str', value: entry.key } };
        const checkedKey = key.check(keyNode, below);
        const checkedValue = value.check(entry.value, below);
        if (checkedKey !== undefined && checkedValue !== undefined) pairs.push([entry.key, checkedValue]);
      }
      if (pairs.length < node.entries.length) return undefined;
      return (context) => new Map(pairs.map(([name, make]) => [name, make(context)]));
    },
  };
}

/** The first alternative that accepts the value; when none does, the failure of each is told. */
export function union<A, B>(first: Type<A>, second: Type<B>): Type<A | B> {
  const label = `${first.label}, or ${second.label}`;
  return {
    label,
    check(node, site) {
      const trialA = site.trial();
      const a = first.check(node, trialA);
      if (a !== undefined) return a;
      const trialB = site.trial();
      const b = second.check(node, trialB);
      if (b !== undefined) return b;
      const [deepest] = [trialA, trialB].filter(({ problems }) => problems.some(({ field }) => field !== site.field));
      const told = (deepest === undefined ? [] : deepest.problems).map(({ field, reason }) => `${field}: ${reason}`);
      return site.problem(node, [`got ${describeNode(node)}`, ...told].join('; '), label);
    },
  };
}

/** An instance of a component: `component('storage')`. */
export function component<K extends ComponentKind>(kind: K): Type<ComponentKinds[K]> {
  return { label: kindNames[kind], check: (node, site) => site.component(kind, node) };
}

/** What a later version will accept: nothing is, until then. Goes with `notYet` of a parameter. */
export function reserved(label: string): Type<undefined> {
  return { label, check: (node, site) => site.problem(node, `got ${describeNode(node)}`, 'not supported yet') };
}
