import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { FieldTable, type FieldTableOptions } from '../../../../../collector/kernel/proc/field-table.ts';
import { nodeVmstatTable, vmstatTable } from '../../../../../collector/kernel/proc/vmstat-all.ts';
import { zoneinfoTable } from '../../../../../collector/kernel/proc/zoneinfo.ts';
import { Row } from '../../../../../collector/kernel/row.ts';
import { Scratch } from '../../../../../collector/kernel/scratch.ts';
import type { Column } from '../../../../../shared/rpc/watch-messages.ts';
import { fixture } from '../../../../kit/package-root.ts';
import { integerAt } from '../../../../kit/rows.ts';

function scratchOf(text: string): Scratch {
  const scratch = new Scratch();
  const bytes = Buffer.from(text, 'latin1');
  while (scratch.bytes.length < bytes.length) scratch.grow();
  // What is behind the text belongs to an earlier reading.
  scratch.bytes.fill('9');
  scratch.length = bytes.copy(scratch.bytes);
  return scratch;
}

type Told = Readonly<Record<string, bigint | undefined>>;

/** Plans from one text and decodes another, or the same. */
function told(options: FieldTableOptions<Column>, planned: string, text = planned) {
  const table = new FieldTable(scratchOf(planned), options);
  const row = new Row(table.columns.length + 2);
  for (let i = 0; i < row.width; i++) row.setInteger(i, 77);
  const outcome = table.decode(scratchOf(text), row, 1);
  assert.deepEqual([integerAt(row, 0), integerAt(row, row.width - 1)], [77n, 77n], 'slots of others are untouched');
  const values: Told = Object.fromEntries(
    table.columns.map(({ labels }, i) => [Object.values(labels).join(' '), integerAt(row, i + 1)]),
  );
  return { outcome, values };
}

/** What a number may be: decimal, below 2^64. */
function parseU64(text: string): bigint | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < 1n << 64n ? value : undefined;
}

/** The state machine of the specification (measurements.md §6.9), with names that may have digits and capitals. */
function modelZoneinfo(text: string): Told {
  const values = new Map<string, bigint | undefined>();
  let node: string | undefined;
  let [zone, isPerNode] = ['', false];
  for (const line of text.split('\n')) {
    if (/^[^ \t]/.test(line)) {
      const found = /^Node +(\d{1,5}), zone +(\S+)$/.exec(line);
      [node, zone, isPerNode] = [found?.[1], found?.[2] ?? '', false];
    } else if (line.startsWith('  per-node stats')) isPerNode = true;
    else {
      const isPages = line.startsWith('  pages ');
      const [, key, number] = /^[ \t]*(\w+)[ \t]+(\d[^ \t]*)/.exec(isPages ? line.slice(8) : line) ?? [];
      if (key === undefined || number === undefined) continue;
      if (isPages) isPerNode = false;
      const id = `${node} ${isPerNode ? 'per-node-stats' : zone} ${key}`;
      if (node !== undefined && !values.has(id)) values.set(id, parseU64(number));
    }
  }
  return Object.fromEntries(values);
}

function modelVmstat(text: string): Told {
  const values = new Map<string, bigint | undefined>();
  for (const line of text.split('\n')) {
    const [, key, number] = /^[ \t]*(\w+)[ \t]+(\d[^ \t]*)/.exec(line) ?? [];
    if (key !== undefined && number !== undefined && !values.has(key)) values.set(key, parseU64(number));
  }
  return Object.fromEntries(values);
}

const specZoneinfo = `Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 4181
      nr_mapped    2763
  pages free     3840
        boost    0
        min      46
        protection: (0, 1900, 5400)
      nr_free_pages 3840
  pagesets
    cpu: 0
              count: 0
  start_pfn:           1
Node 0, zone   Normal
  pages free     917000
        min      5000
`;

const trees = ['6.18-hybrid-2cpu', '6.1-v2-2numa', '5.10-v1-sparse-nodes'] as const;
const read = (tree: string, ...path: string[]) => readFileSync(fixture('kernels', tree, ...path), 'latin1');

test('zoneinfo: the example of the specification', () => {
  assert.deepEqual(told(zoneinfoTable, specZoneinfo), {
    outcome: 'read',
    values: {
      '0 per-node-stats nr_inactive_anon': 4181n,
      '0 per-node-stats nr_mapped': 2763n,
      '0 DMA free': 3840n,
      '0 DMA boost': 0n,
      '0 DMA min': 46n,
      '0 DMA nr_free_pages': 3840n,
      '0 Normal free': 917_000n,
      '0 Normal min': 5000n,
    },
  });
});

for (const tree of trees) {
  test(`zoneinfo of ${tree}: as the state machine of the specification has it`, () => {
    const text = read(tree, 'proc', 'zoneinfo');
    const { outcome, values } = told(zoneinfoTable, text);
    assert.equal(outcome, 'read');
    assert.deepEqual(values, modelZoneinfo(text));
    assert.ok(Object.keys(values).length > 100);
  });

  test(`vmstat of ${tree}: every line is a field`, () => {
    for (const path of [
      ['proc', 'vmstat'],
      ['sys', 'devices', 'system', 'node', 'node0', 'vmstat'],
    ]) {
      const text = read(tree, ...path);
      const { outcome, values } = told(vmstatTable, text);
      assert.equal(outcome, 'read');
      assert.deepEqual(values, modelVmstat(text));
      assert.equal(Object.keys(values).length, text.trimEnd().split('\n').length);
    }
  });
}

test('nodes and zones of two nodes with sparse ids are told apart', () => {
  const { values } = told(zoneinfoTable, read('5.10-v1-sparse-nodes', 'proc', 'zoneinfo'));
  const zones = new Set(Object.keys(values).map((id) => id.split(' ').slice(0, 2).join(' ')));
  assert.deepEqual(
    [...zones],
    [
      '0 per-node-stats',
      ...['DMA', 'DMA32', 'Normal', 'Movable', 'Device'].map((zone) => `0 ${zone}`),
      ...['DMA', 'DMA32'].map((zone) => `2 ${zone}`),
      '2 per-node-stats',
      ...['Normal', 'Movable', 'Device'].map((zone) => `2 ${zone}`),
    ],
  );
});

test('columns carry metric, labels and kind', () => {
  const column = (options: FieldTableOptions<Column>, text: string) =>
    new FieldTable(scratchOf(text), options).columns[0];
  assert.deepEqual(column(vmstatTable, 'pgfault 1\n'), {
    metric: 'platform_vmstat',
    labels: { key: 'pgfault' },
    kind: 'u64',
    divisor: 1,
  });
  assert.deepEqual(column(nodeVmstatTable(2), 'numa_hit 1\n'), {
    metric: 'platform_node_vmstat',
    labels: { numa_node: '2', key: 'numa_hit' },
    kind: 'u64',
    divisor: 1,
  });
  assert.deepEqual(column(zoneinfoTable, specZoneinfo)?.labels, {
    numa_node: '0',
    zone: 'per-node-stats',
    key: 'nr_inactive_anon',
  });
});

const changes: readonly {
  readonly name: string;
  readonly options?: FieldTableOptions<Column>;
  readonly planned: string;
  readonly text: string;
  readonly outcome: 'read' | 'broken' | 'changed';
  readonly values?: Told;
}[] = [
  {
    name: 'other values, another width',
    planned: 'a 1\nb 22\n',
    text: 'a 1234567890123\nb 0\n',
    outcome: 'read',
    values: { a: 1_234_567_890_123n, b: 0n },
  },
  {
    name: 'above 2^53 and at 2^64 - 1',
    planned: 'a 1\nb 2\n',
    text: 'a 9007199254740993\nb 18446744073709551615\n',
    outcome: 'read',
    values: { a: 9_007_199_254_740_993n, b: 18_446_744_073_709_551_615n },
  },
  { name: 'a value of 65 bits is absent', planned: 'a 1\n', text: 'a 18446744073709551616\n', outcome: 'broken' },
  {
    name: 'a value that is no number is absent, the others are there',
    planned: 'a 1\nb 2\n',
    text: 'a 1.5\nb 3\n',
    outcome: 'broken',
    values: { a: undefined, b: 3n },
  },
  { name: 'a value that does not begin with a digit', planned: 'a 1\n', text: 'a -1\n', outcome: 'changed' },
  { name: 'a new key in between', planned: 'a 1\nb 2\n', text: 'a 1\nx 5\nb 2\n', outcome: 'changed' },
  { name: 'a new key at the end', planned: 'a 1\n', text: 'a 1\nb 2\n', outcome: 'changed' },
  { name: 'a key is gone', planned: 'a 1\nb 2\n', text: 'a 1\n', outcome: 'changed' },
  { name: 'a longer key with the same beginning', planned: 'a 1\n', text: 'ab 1\n', outcome: 'changed' },
  { name: 'another order', planned: 'a 1\nb 2\n', text: 'b 2\na 1\n', outcome: 'changed' },
  { name: 'empty', planned: 'a 1\n', text: '', outcome: 'changed' },
  { name: 'planned of nothing', planned: '', text: 'a 1\n', outcome: 'changed' },
  { name: 'cut off within a key', planned: 'a 1\nbcd 2\n', text: 'a 1\nbc', outcome: 'changed' },
  {
    name: 'cut off within a number, which cannot be seen',
    planned: 'a 1\nb 234\n',
    text: 'a 1\nb 23',
    outcome: 'read',
    values: { a: 1n, b: 23n },
  },
  {
    name: 'a key twice counts once',
    planned: 'a 1\na 2\nb 3\n',
    text: 'a 4\na 5\nb 6\n',
    outcome: 'read',
    values: { a: 4n, b: 6n },
  },
  {
    name: 'page lists of a CPU that came',
    options: zoneinfoTable,
    planned: specZoneinfo,
    text: specZoneinfo.replace('  start_pfn', '    cpu: 1\n              count: 77\n  start_pfn'),
    outcome: 'read',
    values: modelZoneinfo(specZoneinfo),
  },
  {
    name: 'a zone that came',
    options: zoneinfoTable,
    planned: specZoneinfo,
    text: `${specZoneinfo}Node 1, zone   Normal\n  pages free     1\n`,
    outcome: 'changed',
  },
  {
    name: 'another zone in its place',
    options: zoneinfoTable,
    planned: specZoneinfo,
    text: specZoneinfo.replace('Normal', ' Device'),
    outcome: 'changed',
  },
  {
    name: 'DMA3 became DMA32: a heading is compared to its end',
    options: zoneinfoTable,
    planned: specZoneinfo.replace('Normal', 'DMA3'),
    text: specZoneinfo.replace('Normal', 'DMA32'),
    outcome: 'changed',
  },
];

for (const { name, options = vmstatTable, planned, text, outcome, values } of changes) {
  test(`lines that are no longer as planned: ${name}`, () => {
    const result = told(options, planned, text);
    assert.equal(result.outcome, outcome);
    if (values !== undefined) assert.deepEqual(result.values, values);
  });
}

test('lines that name nothing are passed over', () => {
  const text = 'a 1\n\n# no\nb: 2\nc\nd \ne x1\n 2\nf\t3\ng 4 5\n';
  assert.deepEqual(told(vmstatTable, text), { outcome: 'read', values: { a: 1n, f: 3n, g: 4n } });
});

test('fields before the first heading, and below one of another form, have no columns', () => {
  const text =
    '  pages free 1\nZone 5\n  pages free 2\nNode x, zone DMA\n  pages free 3\nNode 1, zone DMA\n  pages free 4\n';
  assert.deepEqual(told(zoneinfoTable, text), { outcome: 'read', values: { '1 DMA free': 4n } });
});

test('more fields than may have columns are told and left out', () => {
  const text = Array.from({ length: 32_770 }, (_, i) => `k${i} ${i}\n`).join('');
  const table = new FieldTable(scratchOf(text), vmstatTable);
  assert.equal(table.isCut, true);
  assert.equal(table.columns.length, 32_768);
  const row = new Row(table.columns.length);
  assert.equal(table.decode(scratchOf(text), row, 0), 'read');
  assert.equal(integerAt(row, 32_767), 32_767n);
});

const word = fc.constantFrom(
  'free',
  'nr_mapped',
  'min',
  'cpu:',
  'protection:',
  'A1',
  'é',
  '',
  'Node',
  'pages',
  'pagesets',
);
const gap = fc.constantFrom(' ', '  ', '      ', '\t', '');
const number = fc.oneof(
  fc.bigInt({ min: 0n, max: 1n << 66n }).map(String),
  fc.constantFrom('', '-1', '1.5', '12x', '(0, 1)'),
);
const zoneLine = fc.oneof(
  fc.constantFrom('Node 0, zone      DMA', 'Node 1, zone   Normal', 'Node 10, zone Device', 'Node', '  per-node stats'),
  fc.tuple(fc.constantFrom('  pages ', '        ', '      ', '  '), word, gap, number).map((parts) => parts.join('')),
);

test('whatever the lines, a table says what the state machine says', () => {
  fc.assert(
    fc.property(fc.array(zoneLine, { maxLength: 30 }), fc.boolean(), (lines, hasEnd) => {
      const text = lines.join('\n') + (hasEnd ? '\n' : '');
      const { outcome, values } = told(zoneinfoTable, text);
      assert.notEqual(outcome, 'changed');
      assert.deepEqual(values, modelZoneinfo(text));
    }),
  );
});

test('whatever the bytes, a table says what its own plan says or that it changed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (one, other) => {
      const texts = [one, other].map((bytes) => Buffer.from(bytes).toString('latin1'));
      const [planned = '', text = ''] = texts;
      assert.notEqual(told(vmstatTable, planned).outcome, 'changed');
      const { outcome, values } = told(vmstatTable, planned, text);
      if (outcome !== 'changed') assert.deepEqual(Object.keys(values), Object.keys(modelVmstat(text)));
    }),
  );
});

test('any cut of a real file is read as far as it goes or has changed, and planned anew it is read', () => {
  const text = read('6.1-v2-2numa', 'proc', 'zoneinfo');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: text.length }), (at) => {
      const part = text.slice(0, at);
      assert.ok(['read', 'changed'].includes(told(zoneinfoTable, text, part).outcome));
      assert.deepEqual(told(zoneinfoTable, part).values, modelZoneinfo(part));
    }),
    { numRuns: 50 },
  );
});
