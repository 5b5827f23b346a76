import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  parseSchedShape,
  probeSched,
  type SchedShape,
  SchedTotals,
} from '../../../../../collector/kernel/proc/sched.ts';
import { chooseSchedRule } from '../../../../../collector/kernel/proc/sched-fields.ts';
import { Row } from '../../../../../collector/kernel/row.ts';
import { Scratch } from '../../../../../collector/kernel/scratch.ts';
import { fixture } from '../../../../kit/package-root.ts';
import { doubleAt, integerAt } from '../../../../kit/rows.ts';
import { TempKernel } from '../../../../kit/temp-kernel.ts';

const ruler = `${'-'.repeat(67)}\n`;
const head = `worker (41, #threads: 2)\n${ruler}`;
const v618 = readFileSync(fixture('processes', '6.18', 'sched'), 'latin1');
const v510 = readFileSync(fixture('processes', '5.10-schedstats-2numa', 'sched'), 'latin1');

/** Values by key and `node type` over texts of threads; whether all texts were whole. */
function totalsOf(shape: SchedShape, texts: readonly (string | Uint8Array)[]) {
  const totals = new SchedTotals(shape);
  const scratch = new Scratch();
  scratch.bytes.fill('9');
  const whole = texts.map((text) => {
    scratch.length = Buffer.from(text).copy(scratch.bytes);
    return totals.add(scratch);
  });
  const { keys, nodes } = shape;
  const row = new Row(keys.length + nodes.length * 4 + 1);
  totals.writeInto(row, 1);
  assert.equal(row.present[0], 0, 'the slots of others are untouched');
  const values: Record<string, number | bigint> = {};
  for (const [i, key] of keys.entries()) {
    const value = doubleAt(row, i + 1);
    if (value !== undefined) values[key] = value;
  }
  for (const [i, node] of nodes.entries()) {
    for (const [k, type] of ['task_private', 'task_shared', 'group_private', 'group_shared'].entries()) {
      const value = integerAt(row, 1 + keys.length + i * 4 + k);
      if (value !== undefined) values[`${node} ${type}`] = value;
    }
  }
  return { whole: whole.every(Boolean), values };
}

const values = (shape: SchedShape, texts: readonly string[]) => totalsOf(shape, texts).values;

test('a capture of 6.18 has these fields and one node', () => {
  const { keys, nodes } = parseSchedShape(v618);
  assert.equal(keys.length, 24);
  assert.deepEqual(nodes, [0]);
  assert.ok(keys.includes('mm->numa_scan_seq') && keys.includes('clock-delta') && keys.includes('se.slice'));
  const { whole, values: read } = totalsOf({ keys, nodes }, [v618]);
  assert.ok(whole);
  assert.equal(Object.keys(read).length, 28);
  assert.deepEqual(
    [read['se.exec_start'], read['se.sum_exec_runtime'], read['numa_preferred_nid'], read['prio']],
    [19351244.838194, 0.995239, -1, 120],
  );
});

test('threads of 5.10 with all statistics: amounts are added, of the rest the largest is taken', () => {
  const shape = parseSchedShape(v510);
  assert.deepEqual([shape.keys.length, shape.nodes], [56, [0, 2]]);
  const other = v510
    .replace(/(se\.vruntime.*:.*)-12\.250000/, '$1-13.500000')
    .replace(/(prio.*: +)120/, '$1101')
    .replace(/(exec_max.*: +)2\.0/, '$15.5')
    .replace(/(nr_switches.*: +)100/, '$1101');
  const { whole, values: read } = totalsOf(shape, [v510, other]);
  assert.ok(whole);
  const expected = {
    'se.exec_start': 845732.514203,
    'se.vruntime': -12.25,
    'se.sum_exec_runtime': 25,
    'se.nr_migrations': 14,
    'se.statistics.sleep_max': 1000.1,
    'se.statistics.exec_max': 5.5,
    'se.statistics.wait_sum': 9,
    'se.statistics.wait_count': 240,
    'se.statistics.nr_wakeups_affine_attempts': 4,
    avg_atom: 0.125,
    nr_switches: 201,
    'se.load.weight': 2097152,
    'se.avg.util_avg': 24,
    'se.avg.util_est.enqueued': 36,
    'se.avg.last_update_time': 845732514203,
    'effective uclamp.max': 1024,
    policy: 0,
    prio: 120,
    'mm->numa_scan_seq': 9,
    numa_pages_migrated: 6,
    numa_preferred_nid: 2,
    total_numa_faults: 22,
    '0 task_private': 10n,
    '0 task_shared': 2n,
    '2 group_private': 4n,
    '2 group_shared': 6n,
  };
  const chosen = Object.fromEntries(Object.keys(expected).map((key) => [key, read[key]]));
  assert.deepEqual(chosen, expected);
});

test('the example of the specification', () => {
  const text = `${head}se.sum_exec_runtime : 12.500000\nnr_switches : 100\npolicy : 0\nnuma_faults node=0 task_private=5 task_shared=1 group_private=0 group_shared=0\n`;
  assert.deepEqual(values(parseSchedShape(text), [text, text]), {
    'se.sum_exec_runtime': 25,
    nr_switches: 200,
    policy: 0,
    '0 task_private': 10n,
    '0 task_shared': 2n,
    '0 group_private': 0n,
    '0 group_shared': 0n,
  });
});

const shape: SchedShape = { keys: ['nr_switches', 'se.avg.util_est', 'prio'], nodes: [0, 3] };
const faults = (node: number, count: number | string) =>
  `numa_faults node=${node} task_private=${count} task_shared=0 group_private=0 group_shared=${count}\n`;

const cases: readonly {
  readonly name: string;
  readonly texts: readonly string[];
  readonly values: Readonly<Record<string, number | bigint>>;
  readonly broken?: true;
}[] = [
  { name: 'no thread: nothing', texts: [], values: {} },
  { name: 'empty', texts: [''], values: {}, broken: true },
  { name: 'only the head', texts: [head], values: {}, broken: true },
  { name: 'no ruler', texts: ['nr_switches : 1\n'], values: {}, broken: true },
  {
    name: 'unknown keys are left out',
    texts: [`${head}dl.runtime : 5\nnr_switches : 1\n`],
    values: { nr_switches: 1 },
  },
  { name: 'another order', texts: [`${head}prio : 7\nnr_switches : 1\n`], values: { nr_switches: 1, prio: 7 } },
  {
    name: 'a longer key is another one',
    texts: [`${head}se.avg.util_est.ewma : 3\nnr_switches_x : 9\nxnr_switches : 9\nprio : 1\n`],
    values: { prio: 1 },
  },
  {
    name: 'what only one thread has counts',
    texts: [`${head}prio : 1\n`, `${head}nr_switches : 4\n`],
    values: { nr_switches: 4, prio: 1 },
  },
  {
    name: 'cut off in a line',
    texts: [`${head}nr_switches : 12\nprio : 1`],
    values: { nr_switches: 12 },
    broken: true,
  },
  { name: 'broken values', texts: [`${head}nr_switches : x\nprio : 1.\n`], values: {}, broken: true },
  { name: 'two points, a sign alone', texts: [`${head}nr_switches : 1.2.3\nprio : -\n`], values: {}, broken: true },
  { name: 'no number', texts: [`${head}nr_switches :\nprio : 2\n`], values: { prio: 2 }, broken: true },
  {
    name: 'above 2^53 it is the nearest double',
    texts: [`${head}nr_switches : 18446744073709551615\n`],
    values: { nr_switches: 2 ** 64 },
  },
  {
    name: 'nodes with gaps; nodes that came later are left out',
    texts: [`${head}prio : 1\n${faults(0, 1)}${faults(2, 5)}${faults(3, 4_294_967_296)}`],
    values: {
      prio: 1,
      '0 task_private': 1n,
      '0 task_shared': 0n,
      '0 group_private': 0n,
      '0 group_shared': 1n,
      '3 task_private': 4294967296n,
      '3 task_shared': 0n,
      '3 group_private': 0n,
      '3 group_shared': 4294967296n,
    },
  },
  { name: 'broken faults', texts: [`${head}${faults(0, 'x')}prio : 1\n`], values: { prio: 1 }, broken: true },
  {
    name: 'faults cut short',
    texts: [`${head}numa_faults node=3 task_private=1\n`],
    values: { '3 task_private': 1n },
    broken: true,
  },
  {
    name: 'a command that looks like fields is none',
    texts: [`x\nprio : 9\n----\n (41, #threads: 1)\n${ruler}prio : 1\n`],
    values: { prio: 1 },
  },
];

for (const { name, texts, values: expected, broken } of cases) {
  test(name, () => {
    const read = totalsOf(shape, texts);
    assert.deepEqual(read.values, expected);
    assert.equal(read.whole, broken !== true);
  });
}

test('a shape has each key once, and none of the command', () => {
  const text = `nr : 5\nx\n (1, #threads: 1)\n${ruler}a.b : 1\n a : 2\nc->d-e : -1\na.b : 3\neffective x.y : 1\nno number : x\nnuma_faults node=4 task\n`;
  assert.deepEqual(parseSchedShape(text), { keys: ['a.b', ' a', 'c->d-e', 'effective x.y'], nodes: [4] });
  assert.deepEqual(parseSchedShape(''), { keys: [], nodes: [] });
});

test('a shape has bounds', () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `k${i} : 1\nnuma_faults node=${i} task_private=1\n`);
  const { keys, nodes } = parseSchedShape(head + lines.join(''));
  assert.deepEqual([keys.length, nodes.length], [256, 1024]);
});

test('fields that are not known are not added', () => {
  const rules = ['se.new_thing', 'ext.enabled', 'se.slice', 'dl.deadline', 'avg_atom', 'policy'].map(chooseSchedRule);
  assert.deepEqual(new Set(rules), new Set(['max']));
  const sums = [
    'wait_sum',
    'iowait_count',
    'sum_sleep_runtime',
    'nr_wakeups_idle',
    'core_forceidle_sum',
    'se.runnable_weight',
  ];
  assert.deepEqual(new Set(sums.map(chooseSchedRule)), new Set(['sum']));
});

test('a kernel without the file, and one with another format, say what is wrong', (t) => {
  const kernel = new TempKernel('6.1-v2-2numa');
  t.after(() => kernel.remove());
  const code = () => {
    const found = probeSched(kernel.roots);
    return found.ok ? found.value : `${found.error.code}: ${found.error.remedy}`;
  };
  kernel.remove('proc/self/sched');
  assert.equal(code(), 'FEATURE_ABSENT: use a kernel with CONFIG_SCHED_DEBUG');
  kernel.write('proc/self/sched', 'nothing');
  assert.match(String(code()), /^KERNEL_FORMAT/);
  kernel.write('proc/self/sched', `${head}prio : 1\n`);
  assert.deepEqual(code(), { keys: ['prio'], nodes: [] });
});

test('any bytes, and any cut of a real file, are survived', () => {
  const whole = parseSchedShape(v510);
  const lines = fc.constantFrom(ruler, 'prio : ', '1.5', '\n', '-', 'numa_faults node=0 ', '=', '7');
  const texts = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.nat(v510.length).map((cut) => v510.slice(0, cut)),
    fc.array(lines, { maxLength: 40 }).map((parts) => ruler + parts.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      for (const value of Object.values(totalsOf(whole, [text]).values)) assert.ok(Number.isFinite(Number(value)));
    }),
  );
});

test('sums do not depend on the order of threads', () => {
  const threads = fc.array(fc.tuple(fc.nat(1000), fc.integer({ min: -5, max: 140 })), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(threads, (list) => {
      const texts = list.map(([switches, prio]) => `${head}nr_switches : ${switches}\nprio : ${prio}\n`);
      const expected = {
        nr_switches: list.reduce((sum, [switches]) => sum + switches, 0),
        prio: Math.max(...list.map(([, prio]) => prio)),
      };
      assert.deepEqual(values(shape, texts), expected);
      assert.deepEqual(values(shape, texts.toReversed()), expected);
    }),
  );
});
