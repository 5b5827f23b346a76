import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { defaultRoots } from '../../../../../collector/kernel/roots.ts';
import { Scratch } from '../../../../../collector/kernel/scratch.ts';
import type { OptionalSource, PlatformPart } from '../../../../../collector/watch/ports.ts';
import { SharedSource } from '../../../../../collector/watch/shared-source.ts';
import { openVmstatSource } from '../../../../../collector/watch/sources/vmstat-source.ts';
import { openZoneinfoSource } from '../../../../../collector/watch/sources/zoneinfo-source.ts';
import { catalog } from '../../../../../shared/metrics/catalog.ts';
import { openBelow } from '../../../../kit/open-files.ts';
import { integerAt } from '../../../../kit/rows.ts';
import { type KernelName, TempKernel } from '../../../../kit/temp-kernel.ts';

/** A source in the hands that hold it in the sampler: `tick` reads it and answers what it told. */
class Held {
  readonly shared: SharedSource;
  #tick = 0;

  constructor(t: TestContext, open: () => OptionalSource) {
    this.shared = new SharedSource({ key: 'held', required: false, open });
    t.after(() => this.shared.close());
  }

  tick(): ReadonlyMap<string, bigint | undefined> {
    this.#tick += 1;
    this.shared.readPlatform(this.#tick);
    const part: PlatformPart | undefined = this.shared.source.platform;
    const name = (labels: Readonly<Record<string, string>>) => Object.values(labels).join(' ');
    return new Map(part?.columns.map(({ labels }, i) => [name(labels), integerAt(this.shared.platformRow, i)]));
  }

  get unavailable() {
    return this.shared.source.unavailable.map(({ code, subject }) => [code, subject]);
  }
}

function hold(t: TestContext, name: KernelName, open: typeof openVmstatSource) {
  const kernel = new TempKernel(name);
  t.after(() => kernel.remove());
  return { kernel, held: new Held(t, () => open(kernel.roots, new Scratch())) };
}

const node = (id: number) => `sys/devices/system/node/node${id}`;

test('vmstat: every field of the host and of each node, those of prefixes of other keys exactly', (t) => {
  const { kernel, held } = hold(t, '5.10-v1-sparse-nodes', openVmstatSource);
  const values = held.tick();
  assert.equal(values.get('numa_hint_faults'), 60n);
  assert.equal(values.get('numa_hint_faults_local'), 45n);
  const fields = kernel
    .read(`${node(2)}/vmstat`)
    .trimEnd()
    .split('\n');
  for (const line of fields) {
    const [key, value = ''] = line.split(' ');
    assert.equal(values.get(`2 ${key}`), BigInt(value));
  }
  assert.deepEqual(held.unavailable, []);
});

test('all columns are in the catalogue with their labels', (t) => {
  for (const open of [openVmstatSource, openZoneinfoSource]) {
    const { held } = hold(t, '6.1-v2-2numa', open);
    assert.ok(held.tick().size > 50);
    for (const { metric, labels } of held.shared.source.platform?.columns ?? []) {
      assert.deepEqual(catalog.get(metric)?.levels, Object.keys(labels));
    }
  }
});

test('vmstat: a node that comes gets columns in the same tick, one that goes loses them', (t) => {
  const { kernel, held } = hold(t, '6.1-v2-2numa', openVmstatSource);
  assert.ok(held.tick().has('1 numa_hit'));
  const { version } = held.shared;
  held.tick();
  assert.equal(held.shared.version, version, 'nothing changed');
  kernel.write(`${node(3)}/vmstat`, 'numa_hit 7\n');
  kernel.write('sys/devices/system/node/online', '0-1,3\n');
  assert.equal(held.tick().get('3 numa_hit'), 7n);
  assert.equal(held.shared.version, version + 1);
  kernel.remove(node(1));
  kernel.write('sys/devices/system/node/online', '0,3\n');
  const values = held.tick();
  assert.deepEqual([values.has('0 numa_hit'), values.has('1 numa_hit'), values.has('3 numa_hit')], [true, false, true]);
});

test('vmstat: other keys are absent for one tick, then there', (t) => {
  const { kernel, held } = hold(t, '6.1-v2-2numa', openVmstatSource);
  held.tick();
  kernel.edit('proc/vmstat', (text) => `new_key 9007199254740993\n${text}`);
  const gap = held.tick();
  assert.deepEqual([gap.has('new_key'), gap.get('pgfault')], [false, undefined]);
  assert.notEqual(gap.get('0 numa_hit'), undefined, 'other files are not concerned');
  assert.equal(held.tick().get('new_key'), 9_007_199_254_740_993n);
});

test('vmstat: a kernel without NUMA has no node fields and no trouble', (t) => {
  const { kernel, held } = hold(t, '6.1-v2-2numa', openVmstatSource);
  kernel.remove('sys/devices/system/node');
  const other = new Held(t, () => openVmstatSource(kernel.roots, new Scratch()));
  assert.equal(other.tick().size, 11);
  assert.deepEqual(other.unavailable, []);
  assert.ok(held.tick().size > 11, 'a list that cannot be read has not changed');
});

test('a missing file is told once, and read when it comes', (t) => {
  const kernel = new TempKernel('6.1-v2-2numa');
  t.after(() => kernel.remove());
  const text = kernel.read('proc/zoneinfo');
  kernel.remove('proc/zoneinfo');
  const held = new Held(t, () => openZoneinfoSource(kernel.roots, new Scratch()));
  assert.deepEqual(held.unavailable, [['FEATURE_ABSENT', kernel.path('proc/zoneinfo')]]);
  const told = held.shared.source.unavailable;
  assert.equal(held.tick().size, 0);
  assert.equal(held.shared.source.unavailable, told, 'the same array as long as it lasts');
  kernel.write('proc/zoneinfo', text);
  assert.ok(held.tick().size > 100);
  assert.deepEqual(held.unavailable, []);
});

test('a file of another format is told with its beginning', (t) => {
  const { kernel } = hold(t, '6.1-v2-2numa', openZoneinfoSource);
  kernel.write('proc/zoneinfo', '<html>\n');
  const held = new Held(t, () => openZoneinfoSource(kernel.roots, new Scratch()));
  held.tick();
  held.tick();
  assert.deepEqual(held.unavailable, [['KERNEL_FORMAT', kernel.path('proc/zoneinfo')]]);
  assert.match(held.shared.source.unavailable[0]?.message ?? '', /<html>/);
});

test('a number of more than 64 bits is absent and told, and is back with the next good one', (t) => {
  const { kernel, held } = hold(t, '6.1-v2-2numa', openVmstatSource);
  kernel.edit('proc/vmstat', (text) => text.replace(/^pgfault .*$/m, 'pgfault 99999999999999999999'));
  assert.equal(held.tick().get('pgfault'), undefined);
  assert.deepEqual(held.unavailable, [['KERNEL_FORMAT', kernel.path('proc/vmstat')]]);
  kernel.edit('proc/vmstat', (text) => text.replace(/^pgfault .*$/m, 'pgfault 5'));
  assert.equal(held.tick().get('pgfault'), 5n);
  assert.deepEqual(held.unavailable, []);
});

test('this host: all fields are read', (t) => {
  for (const open of [openVmstatSource, openZoneinfoSource]) {
    const held = new Held(t, () => open(defaultRoots, new Scratch()));
    const values = held.tick();
    if (held.unavailable.some(([code]) => code === 'PERMISSION')) {
      t.diagnostic('zoneinfo is for root only');
      continue;
    }
    assert.deepEqual(held.unavailable, []);
    assert.ok(values.size > 20);
    for (const [name, value] of values) assert.notEqual(value, undefined, name);
  }
});

test('after close no descriptor is left, and a second close is harmless', (t) => {
  for (const open of [openVmstatSource, openZoneinfoSource]) {
    const kernel = new TempKernel('6.1-v2-2numa');
    t.after(() => kernel.remove());
    const source = open(kernel.roots, new Scratch());
    assert.notEqual(openBelow(kernel.folder), 0);
    source.close();
    source.close();
    assert.equal(openBelow(kernel.folder), 0);
  }
});
