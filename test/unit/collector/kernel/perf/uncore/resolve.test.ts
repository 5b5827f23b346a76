import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readUncorePmus } from '../../../../../../collector/kernel/perf/uncore/pmus.ts';
import { resolveUncore } from '../../../../../../collector/kernel/perf/uncore/resolve.ts';
import { Scratch } from '../../../../../../collector/kernel/scratch.ts';
import { parseUncoreLists } from '../../../../../../collector/watch/sources/uncore-plan.ts';
import { defaultUncoreEvents } from '../../../../../../shared/metrics/uncore-events.ts';
import { UncoreTree } from '../../../../../kit/uncore-tree.ts';

function resolve(
  t: TestContext,
  tree: ConstructorParameters<typeof UncoreTree>[0],
  { codeName = '', groups, virtual }: { codeName?: string; groups: readonly (readonly string[])[]; virtual?: boolean },
) {
  const sysfs = new UncoreTree(tree);
  t.after(() => sysfs.remove());
  const scratch = new Scratch();
  const pmus = readUncorePmus(sysfs.roots, scratch);
  const { counters, unavailable, notes } = resolveUncore(parseUncoreLists(groups), {
    pmus,
    codeName,
    virtual,
    scratch,
  });
  return {
    counters: counters.map(
      ({ metric, kind, events }) =>
        `${metric.replace('platform_', '')} ${kind} ${events.map(({ config }) => config.toString(16)).join('+')}`,
    ),
    unavailable: unavailable.map((error) => `${error.code} ${error.toText()}`),
    notes: notes.map((error) => error.toText()),
  };
}

const rpq = ['platform_rpq_occupancy', 'platform_rpq_inserts', 'platform_imc_clockticks'];

/** Spec measurements §4.3. */
const encodings: readonly {
  readonly tree: ConstructorParameters<typeof UncoreTree>[0];
  readonly codeName: string;
  readonly counters: readonly string[];
}[] = [
  {
    tree: 'cascadeLake',
    codeName: 'cascade-lake',
    counters: [
      'pmm_bandwidth_reads uncore_imc e3',
      'pmm_bandwidth_writes uncore_imc e7',
      'cas_count_reads uncore_imc 304',
      'cas_count_writes uncore_imc c04',
      'upi_rxl_flits uncore_upi f03',
      'upi_txl_flits uncore_upi f02',
      'rpq_occupancy uncore_imc 80',
      'rpq_inserts uncore_imc 10',
      'imc_clockticks uncore_imc 0',
    ],
  },
  {
    tree: 'iceLake',
    codeName: 'ice-lake-x',
    counters: [
      'pmm_bandwidth_reads uncore_imc e3',
      'pmm_bandwidth_writes uncore_imc e7',
      'cas_count_reads uncore_imc f04',
      'cas_count_writes uncore_imc 3004',
      'upi_rxl_flits uncore_upi f03',
      'upi_txl_flits uncore_upi f02',
      'rpq_occupancy uncore_imc 80+81',
      'rpq_inserts uncore_imc 110+210',
      'imc_clockticks uncore_imc 0',
    ],
  },
  {
    tree: 'sapphireRapids',
    codeName: 'sapphire-rapids',
    counters: [
      'pmm_bandwidth_reads uncore_imc e3',
      'pmm_bandwidth_writes uncore_imc e7',
      'cas_count_reads uncore_imc cf05',
      'cas_count_writes uncore_imc f005',
      'upi_rxl_flits uncore_upi f03',
      'upi_txl_flits uncore_upi f02',
      'rpq_occupancy uncore_imc 80+81',
      'rpq_inserts uncore_imc 110+210',
      'imc_clockticks uncore_imc 101',
    ],
  },
  {
    tree: 'sapphireRapids',
    codeName: 'granite-rapids',
    counters: [
      'cas_count_reads uncore_imc cf05+cf06',
      'cas_count_writes uncore_imc f005+f006',
      'upi_rxl_flits uncore_upi f03',
      'upi_txl_flits uncore_upi f02',
      'rpq_occupancy uncore_imc 80+81+82+83',
      'rpq_inserts uncore_imc 5010+a010',
      'imc_clockticks uncore_imc 101',
    ],
  },
  {
    tree: 'cascadeLake',
    codeName: 'broadwell-x',
    counters: ['cas_count_reads uncore_imc 304', 'cas_count_writes uncore_imc c04'],
  },
  {
    tree: 'zen4',
    codeName: '',
    counters: ['cas_count_reads amd_umc 10a', 'cas_count_writes amd_umc 20a', 'imc_clockticks amd_umc 0'],
  },
];
for (const { tree, codeName, counters } of encodings) {
  test(`encodings of ${codeName === '' ? 'Zen 4' : codeName}`, (t) => {
    const resolved = resolve(t, tree, { codeName, groups: [[...defaultUncoreEvents, ...rpq]] });
    assert.deepEqual(resolved.counters, counters);
  });
}

test('what was never built into a CPU is no lack: the six events are had on Granite Rapids', (t) => {
  const { unavailable, notes } = resolve(t, 'sapphireRapids', {
    codeName: 'granite-rapids',
    groups: [defaultUncoreEvents],
  });
  assert.deepEqual(unavailable, []);
  assert.deepEqual(notes, [
    'event platform_pmm_bandwidth_reads: this CPU knows no persistent memory (leave it out)',
    'event platform_pmm_bandwidth_writes: this CPU knows no persistent memory (leave it out)',
  ]);
});

test('but when nothing else is asked for it is one', (t) => {
  const groups = [['platform_pmm_bandwidth_reads']];
  const { unavailable, notes } = resolve(t, 'sapphireRapids', { codeName: 'granite-rapids', groups });
  assert.equal(unavailable.length, 1);
  assert.deepEqual(notes, []);
});

test('described events take any PMU that is there, values hexadecimal, fields where the PMU has them', (t) => {
  const { counters, unavailable } = resolve(t, 'cascadeLake', {
    groups: [
      [
        'a/uncore_imc/event=80,umask=3/',
        'b/uncore_cha/event=0x36,umask=0xc001fe01,config1=0x1/',
        'c/uncore_upi/config=0x80',
        'd/uncore_imc/event=0,umask=1/',
        'e/uncore_ubox/event=1/',
        'f/power/event=2/',
        'g/uncore_imc_3/event=4/',
      ],
    ],
  });
  assert.deepEqual(unavailable, []);
  assert.deepEqual(counters, [
    'a uncore_imc 380',
    'b uncore_cha c001fe00000136',
    'c uncore_upi 80',
    'd uncore_imc 100',
    'e uncore_ubox 1',
    'f power 2',
    'g uncore_imc_3 4',
  ]);
});

const lacking: readonly (readonly [
  name: string,
  tree: ConstructorParameters<typeof UncoreTree>[0],
  codeName: string,
  entry: string,
  told: RegExp,
])[] = [
  [
    'no such PMU',
    'iceLake',
    'ice-lake-x',
    'a/uncore_m2m/event=1/',
    /no PMU uncore_m2m \(there are: uncore_imc, uncore_imc_free_running, uncore_upi\)/,
  ],
  ["a PMU that is no socket's", 'cascadeLake', '', 'a/tracepoint/config=1/', /no PMU tracepoint/],
  ['too many bits', 'cascadeLake', '', 'a/uncore_imc/event=1ff/', /more bits than uncore_imc takes/],
  ['no UPI', 'unknown', 'cascade-lake', 'platform_upi_rxl_flits', /no PMU uncore_upi/],
  ['no encoding', 'cascadeLake', 'broadwell-x', 'platform_rpq_inserts', /no encoding on this CPU \(broadwell-x\)/],
  ['an unknown CPU', 'cascadeLake', '', 'platform_rpq_inserts', /whose model WCA does not know/],
  ['an AMD CPU', 'zen4', '', 'platform_rpq_inserts', /no encoding on this CPU \(AMD\)/],
  ['an AMD CPU without UPI', 'zen4', '', 'platform_upi_txl_flits', /this CPU has no UPI links/],
];
for (const [name, tree, codeName, entry, told] of lacking) {
  test(`${name}: ${entry} is told`, (t) => {
    const { counters, unavailable } = resolve(t, tree, { codeName, groups: [[entry]] });
    assert.deepEqual(counters, []);
    assert.equal(unavailable.length, 1);
    assert.match(unavailable[0] ?? '', told);
    assert.match(unavailable[0] ?? '', /^FEATURE_ABSENT event /);
  });
}

test('a CPU that WCA does not know counts what the kernel describes, sub-channels added, and that is noted', (t) => {
  const groups = [['platform_cas_count_reads', 'platform_cas_count_writes']];
  const { counters, notes } = resolve(t, 'unknown', { groups });
  assert.deepEqual(counters, ['cas_count_reads uncore_imc cf05+cf06', 'cas_count_writes uncore_imc f005']);
  assert.equal(notes.length, 2);
  assert.match(notes[0] ?? '', /as the kernel describes cas_count_read_sch0 and cas_count_read_sch1/);
});

for (const [virtual, told] of [
  [true, /this machine shows no uncore PMUs; virtual machines do not/],
  [false, /no driver for this CPU.*modprobe intel_uncore/],
] as const) {
  test(`without PMUs one reason stands for all events, ${virtual ? 'in a guest' : 'on metal'}`, (t) => {
    const { unavailable } = resolve(t, 'none', { groups: [defaultUncoreEvents], virtual });
    assert.equal(unavailable.length, 1);
    assert.match(unavailable[0] ?? '', told);
  });
}
