import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CounterOptions,
  checkCounterLimit,
  chooseCounters,
  readCounters,
} from '../../../../../collector/kernel/perf/counter-limit.ts';
import { resolveEvent } from '../../../../../collector/kernel/perf/events.ts';
import type { PerfEvent } from '../../../../../collector/kernel/perf/perf-event.ts';
import { TempKernel } from '../../../../kit/temp-kernel.ts';

function resolve(codeName: string, names: readonly string[]): PerfEvent[] {
  return names.map((name) => {
    const event = resolveEvent(name, codeName);
    assert.ok(event.ok, name);
    return event.value;
  });
}

const fixed = ['task_cycles', 'task_instructions'];
const software = ['task_page_faults', 'task_clock_seconds'];
const raw = (count: number): string[] => Array.from({ length: count }, (_, i) => `e${i}__r010${i}`);
const memory = [
  'task_mem_inst_retired_loads',
  'task_mem_inst_retired_stores',
  'task_dtlb_load_misses',
  'task_mem_load_retired_local_dram',
  'task_mem_load_retired_remote_dram',
];

const cases: readonly {
  readonly name: string;
  readonly cpu: Partial<CounterOptions>;
  readonly events: readonly string[];
  /** Undefined: they fit. */
  readonly message: RegExp | undefined;
  readonly remedy?: RegExp;
}[] = [
  // Spec measurements §3.7.
  {
    name: '5 with hyper-threading',
    cpu: { smt: true },
    events: raw(5),
    message: /^5 events need 5 .* has 4 with hyper/,
  },
  { name: '8 without', cpu: { smt: false }, events: raw(8), message: undefined },
  { name: '9 without', cpu: { smt: false }, events: raw(9), message: /^9 events need 9 .* has 8 without hyper/ },
  { name: 'the fixed ones and 4', cpu: { smt: true }, events: [...fixed, ...raw(4)], message: undefined },
  {
    name: 'the fixed ones and 5',
    cpu: { smt: true },
    events: [...fixed, ...raw(5)],
    message: /^7 events need 5 general counters, this CPU has 4 with hyper-threading: .* in turns .* estimates/,
    remedy: /^count fewer events, or hyper-threading off$/,
  },
  { name: 'unknown hyper-threading is taken to be on', cpu: { smt: undefined }, events: raw(5), message: /has 4 with/ },
  { name: 'software events take none', cpu: { smt: true }, events: [...software, ...raw(4)], message: undefined },
  { name: 'software events alone', cpu: { codeName: 'zen4', watchdog: true }, events: software, message: undefined },
  // The watchdog counts cycles: it takes the counter of cycles where there is one.
  { name: 'a watchdog beside 4', cpu: { smt: true, watchdog: true }, events: raw(4), message: undefined },
  {
    name: 'a watchdog beside cycles and 4',
    cpu: { smt: true, watchdog: true },
    events: [...fixed, ...raw(4)],
    message: /^6 events need 5 general counters \(one of them taken by the NMI watchdog\), this CPU has 4/,
    remedy: /fewer events, or kernel.nmi_watchdog = 0, or hyper-threading off/,
  },
  { name: 'AMD has six for all', cpu: { codeName: 'zen3' }, events: [...fixed, ...raw(4)], message: undefined },
  {
    name: 'AMD with its watchdog',
    cpu: { codeName: 'zen3', watchdog: true },
    events: [...fixed, ...raw(4)],
    message: /^6 events need 7 .*NMI watchdog\), this CPU has 6:/,
  },
  {
    name: 'Arm has one for cycles only',
    cpu: { codeName: 'neoverse-n1' },
    events: [...fixed, ...raw(5)],
    message: undefined,
  },
  {
    name: 'Arm with one too many',
    cpu: { codeName: 'neoverse-n1' },
    events: [...fixed, ...raw(6)],
    message: /^8 events need 7 general counters, this CPU has 6:/,
    remedy: /^count fewer events$/,
  },
  {
    name: 'Ice Lake has eight a thread',
    cpu: { codeName: 'ice-lake-x', smt: true },
    events: raw(8),
    message: undefined,
  },
  {
    name: 'five of the memory subsystem on Ice Lake',
    cpu: { codeName: 'ice-lake-x', smt: true },
    events: memory,
    message: /^5 events of the memory subsystem fit in 4 counters only/,
  },
  { name: 'no events', cpu: { watchdog: true }, events: [], message: undefined },
];
for (const { name, cpu, events, message, remedy } of cases) {
  test(`counters: ${name} ${message === undefined ? 'fit' : 'take turns'}`, () => {
    const options = { codeName: 'cascade-lake', smt: true, watchdog: false, ...cpu };
    const facts = chooseCounters(options);
    assert.ok(facts);
    const note = checkCounterLimit(resolve(options.codeName, events), facts);
    if (message === undefined) return assert.equal(note, undefined);
    assert.equal(note?.code, 'COUNTERS_SHARED');
    assert.match(note.message, message);
    if (remedy !== undefined) assert.match(note.remedy ?? '', remedy);
  });
}

test('of a CPU that is not known nothing is said', () => {
  assert.equal(chooseCounters({ codeName: '', smt: true, watchdog: true }), undefined);
});

test('the kernel tells of hyper-threading and the watchdog, or nothing', (t) => {
  const kernel = new TempKernel('6.1-v2-2numa');
  t.after(() => kernel.remove());
  const read = () => readCounters(kernel.roots, 'cascade-lake');
  kernel.write('sys/devices/system/cpu/smt/active', '0\n');
  kernel.write('proc/sys/kernel/nmi_watchdog', '1\n');
  assert.deepEqual([read()?.general, read()?.hyperThreading, read()?.watchdog], [8, false, true]);
  kernel.write('sys/devices/system/cpu/smt/active', 'notsupported\n');
  kernel.write('proc/sys/kernel/nmi_watchdog', '');
  assert.deepEqual([read()?.general, read()?.hyperThreading, read()?.watchdog], [4, true, false]);
  kernel.remove('sys/devices/system/cpu/smt');
  kernel.remove('proc/sys/kernel/nmi_watchdog');
  assert.deepEqual([read()?.general, read()?.watchdog], [4, false]);
});
