import { toWcaError } from '../../shared/errors/wca-error.ts';
import { parseCollectorAddress } from '../../shared/rpc/collector-address.ts';
import type { Labels } from '../model/metric.ts';
import { labelsProblem } from '../model/metric-rules.ts';
import { type ConfigNode, describeNode, type MappingNode } from './config-node.ts';
import { parseListFile } from './list-file.ts';
import { record } from './record-type.ts';
import type { Checked, Site, Type } from './site.ts';
import { map, path, str } from './types.ts';

/** One collector that a controller follows. */
export interface CollectorEntry {
  /** Unique in its list: the label `node` of all its metrics. */
  readonly name: string;
  /** `unix:/run/wca/collector.sock`, `tls:node1.example:9153` */
  readonly address: string;
  /** More labels of its metrics. */
  readonly labels: Labels;
}

/** The root key `collectors`: a list, or the file that holds one. */
export type CollectorsKey =
  | { readonly kind: 'list'; readonly entries: readonly CollectorEntry[] }
  | { readonly kind: 'file'; readonly path: string };

/** More of them are for several controllers. */
export const maxCollectors = 2_000;

const listLabel = 'list of collectors: addresses, or mappings with address, and name and labels if wanted';
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,252}$/;

/** A path is the file; anything else is to be the list. */
export function collectorsKey(): Type<CollectorsKey> {
  const file = path({ absolute: true });
  const entries = collectorList();
  return {
    label: `${listLabel}; or the absolute path of a file with such a list`,
    check(node, site) {
      if (node.kind === 'scalar') {
        const checked = file.check(node, site);
        return checked && ((context) => ({ kind: 'file', path: checked(context) }));
      }
      const checked = entries.check(node, site);
      return checked && ((context) => ({ kind: 'list', entries: checked(context) }));
    },
  };
}

/** The list in a file. Throws INVALID_CONFIG that names every problem with its place. */
export function parseCollectorsFile(text: string, file: string): readonly CollectorEntry[] {
  return parseListFile({ file, text, env: {}, type: collectorList(), what: listLabel }).items;
}

function collectorList(): Type<readonly CollectorEntry[]> {
  return {
    label: listLabel,
    check(node, site) {
      if (node.kind !== 'list') return site.problem(node, `got ${describeNode(node)}`, listLabel);
      if (node.items.length > maxCollectors) {
        return site.problem(node, `${node.items.length} collectors`, `at most ${maxCollectors} for one controller`);
      }
      const known = new Map<string, number>();
      const makers: Checked<CollectorEntry>[] = [];
      for (const [i, item] of node.items.entries()) {
        const below = site.below(`[${i}]`);
        const made = checkEntry(item, below);
        if (made === undefined) continue;
        makers.push(made);
        const name = nameIn(item);
        const before = known.get(name);
        if (before !== undefined) {
          below.problem(item, `the name ${name} is that of [${before}] as well`, 'give each a name of its own');
        }
        known.set(name, before ?? i);
      }
      if (makers.length < node.items.length || known.size < node.items.length) return undefined;
      return (context) => makers.map((make) => make(context));
    },
  };
}

const fields = record('a collector', { address: address(), name: name(), labels: map(str()) });

function checkEntry(node: ConfigNode, site: Site): Checked<CollectorEntry> | undefined {
  if (node.kind === 'scalar') {
    const checked = address().check(node, site);
    return checked && ((context) => ({ address: checked(context), name: nameIn(node), labels: {} }));
  }
  const checked = fields.check(node, site);
  if (checked === undefined || node.kind !== 'mapping') return undefined;
  if (fieldOf(node, 'address') === undefined) {
    return site.problem(node, 'the address is missing', 'unix:/PATH, or tls:HOST:PORT');
  }
  const labels = fieldOf(node, 'labels');
  const wrong = labels?.kind === 'mapping' ? labelsWrong(labels) : undefined;
  if (labels !== undefined && wrong !== undefined) return site.below('.labels').problem(labels, wrong);
  return (context) => {
    const given = checked(context);
    return { address: given.address ?? '', name: nameIn(node), labels: Object.fromEntries(given.labels ?? []) };
  };
}

function labelsWrong({ entries }: MappingNode): string | undefined {
  const own = entries.find(({ key }) => key === 'node');
  if (own !== undefined) return 'node is the label of the name';
  return labelsProblem(Object.fromEntries(entries.map(({ key }) => [key, ''])));
}

function address(): Type<string> {
  const text = str();
  const label = 'unix:/PATH of a socket, or tls:HOST:PORT';
  return {
    label,
    check(node, site) {
      const checked = text.check(node, site);
      if (checked === undefined) return undefined;
      try {
        const { text: canonical } = parseCollectorAddress(textOf(node) ?? '');
        return () => canonical;
      } catch (thrown) {
        const { subject, message } = toWcaError(thrown, 'address');
        return site.problem(node, `${subject} ${message}`, label);
      }
    },
  };
}

function name(): Type<string> {
  const text = str();
  const label = 'name: letters, digits and . _ : / -';
  return {
    label,
    check(node, site) {
      const checked = text.check(node, site);
      if (checked === undefined || namePattern.test(textOf(node) ?? '')) return checked;
      return site.problem(node, `got ${describeNode(node)}`, label);
    },
  };
}

/** The name of a checked entry: as it is given, else the host of the address, or the path of its socket. */
function nameIn(node: ConfigNode): string {
  const given = node.kind === 'mapping' ? textOf(fieldOf(node, 'name')) : undefined;
  if (given !== undefined) return given;
  const text = textOf(node.kind === 'mapping' ? fieldOf(node, 'address') : node) ?? '';
  const [, host] = /^tls:(?:\/\/)?\[?(.*?)\]?:\d+$/.exec(text) ?? [];
  return host ?? text.replace(/^unix:(\/\/)?\//, '');
}

function fieldOf(node: MappingNode, key: string): ConfigNode | undefined {
  return node.entries.find((entry) => entry.key === key)?.value;
}

function textOf(node: ConfigNode | undefined): string | undefined {
  return node?.kind === 'scalar' && node.scalar.type === 'str' ? node.scalar.value : undefined;
}
