import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { probeMemoryModules } from '../../../../../collector/kernel/memory-modules/probe.ts';
import { type ToolName, Tools } from '../../../../../collector/kernel/memory-modules/tools.ts';
import { defaultRoots, type KernelRoots } from '../../../../../collector/kernel/roots.ts';
import { SharedSource } from '../../../../../collector/watch/shared-source.ts';
import { MemoryModulesSource } from '../../../../../collector/watch/sources/memory-modules-source.ts';
import { catalog } from '../../../../../shared/metrics/catalog.ts';
import { fixture } from '../../../../kit/package-root.ts';
import { memoryDevice, smbiosTable } from '../../../../kit/smbios.ts';

const optane = memoryDevice({ technology: 7, extendedSize: 129_408, speed: 2666, volatileBytes: 1n << 30n });

/** A machine: its firmware's table and its tools, which print fixtures. */
class Machine {
  readonly folder: string;
  readonly roots: KernelRoots;
  readonly tools: Tools;

  constructor(t: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), 'wca-modules-'));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    this.roots = { procfs: join(this.folder, 'proc'), sysfs: join(this.folder, 'sys') };
    this.tools = new Tools([this.folder]);
  }

  setTable(table: Uint8Array): void {
    mkdirSync(join(this.roots.sysfs, 'firmware/dmi/tables'), { recursive: true });
    writeFileSync(join(this.roots.sysfs, 'firmware/dmi/tables/DMI'), table);
  }

  install(tool: ToolName, script: string): void {
    writeFileSync(join(this.folder, tool), `#!/bin/sh\n${script}\n`);
    chmodSync(join(this.folder, tool), 0o755);
  }

  installPrinting(tool: ToolName, name: string): void {
    this.install(tool, `cat ${fixture('memory-modules', name)}`);
  }

  installIpmctl(): void {
    const file = (name: string) => fixture('memory-modules', `ipmctl-01.00-${name}.txt`);
    this.install(
      'ipmctl',
      `case "$*" in
      "show -u B -memoryresources") cat ${file('memoryresources')};;
      "show -a -u B -region") cat ${file('region')};;
      "show -u B -d AvgPowerBudget,Capacity,SocketID -dimm") cat ${file('dimm')};;
      *) exit 1;;
      esac`,
    );
  }
}

class Held {
  readonly shared: SharedSource;
  #tick = 0;

  constructor(t: TestContext, { roots, tools }: Pick<Machine, 'roots' | 'tools'>) {
    this.shared = new SharedSource({ key: '', required: true, open: () => new MemoryModulesSource(roots, tools) });
    t.after(() => this.shared.close());
  }

  tick(): Readonly<Record<string, number>> {
    this.#tick += 1;
    this.shared.readPlatform(this.#tick);
    const { words, doubles, present } = this.shared.platformRow;
    const columns = this.shared.source.platform?.columns ?? [];
    return Object.fromEntries(
      columns.map(({ metric, labels, kind }, i) => {
        assert.equal(present[i], 1, 'what is not known has no column');
        const integer = (words[2 * i] ?? 0) + (words[2 * i + 1] ?? 0) * 2 ** 32;
        const name = [metric.replace('platform_', ''), ...Object.values(labels)].join(' ');
        return [name, (kind === 'f64' ? doubles[i] : integer) ?? Number.NaN];
      }),
    );
  }

  /** Ticks until the tools have told something. */
  async settled(): Promise<Readonly<Record<string, number>>> {
    const { version } = this.shared;
    for (;;) {
      const told = this.tick();
      if (this.shared.version !== version) return told;
      await setImmediate();
    }
  }
}

const ofTable = {
  'dimm_count ram': 2,
  'dimm_count nvm': 0,
  'dimm_total_size_bytes ram': 68_719_476_736,
  'dimm_total_size_bytes nvm': 0,
  dimm_speed_bytes_per_second: 46_928_000_000,
  mem_mode_size_bytes: 0,
};

test("the firmware's table tells everything at once, and no tool is run", async (t) => {
  const machine = new Machine(t);
  machine.setTable(smbiosTable(memoryDevice(), memoryDevice({ size: 0 }), memoryDevice()));
  for (const tool of ['dmidecode', 'lshw', 'ipmctl'] as const) {
    machine.install(tool, `echo > ${join(machine.folder, 'ran')}`);
  }
  const held = new Held(t, machine);
  assert.deepEqual(held.tick(), ofTable);
  assert.equal(held.shared.version, 0);
  assert.deepEqual([held.shared.source.unavailable, held.shared.source.notes], [[], []]);
  await setImmediate();
  assert.equal(existsSync(join(machine.folder, 'ran')), false);
  assert.equal(probeMemoryModules(machine.roots, machine.tools).available, true);
});

test('with persistent memory ipmctl is asked, and its columns come with a new schema', async (t) => {
  const machine = new Machine(t);
  machine.setTable(smbiosTable(memoryDevice(), optane, optane, optane, optane));
  machine.installIpmctl();
  const held = new Held(t, machine);
  const atFirst = held.tick();
  assert.equal(atFirst['dimm_count nvm'], 4);
  assert.equal(atFirst['dimm_total_size_bytes nvm'], 4 * 129_408 * 2 ** 20);
  assert.equal(atFirst['mem_mode_size_bytes'], 4 * 2 ** 30, 'what the table says until ipmctl has answered');
  const told = await held.settled();
  assert.deepEqual(told, {
    ...atFirst,
    mem_mode_size_bytes: 270_582_939_648,
    capacity_per_nvdimm_bytes: 135_290_290_176,
    avg_power_per_nvdimm_watts: 15,
    'nvdimm_read_bandwidth_bytes_per_second 0': 13_600_000_000,
    'nvdimm_read_bandwidth_bytes_per_second 1': 13_600_000_000,
    'nvdimm_write_bandwidth_bytes_per_second 0': 3_700_000_000,
    'nvdimm_write_bandwidth_bytes_per_second 1': 3_700_000_000,
  });
  for (const { metric, labels } of held.shared.source.platform?.columns ?? []) {
    assert.deepEqual(catalog.get(metric)?.levels, Object.keys(labels), metric);
  }
  assert.deepEqual([held.shared.source.unavailable, held.shared.source.notes], [[], []]);
});

test('persistent memory without ipmctl is noted, what the table says is there', async (t) => {
  const machine = new Machine(t);
  machine.setTable(smbiosTable(memoryDevice(), optane));
  const held = new Held(t, machine);
  const told = await held.settled();
  assert.deepEqual([told['dimm_count nvm'], told['mem_mode_size_bytes']], [1, 2 ** 30]);
  assert.deepEqual(
    held.shared.source.notes.map(({ code, remedy }) => [code, remedy]),
    [['FEATURE_ABSENT', 'install ipmctl']],
  );
  assert.deepEqual(held.shared.source.unavailable, []);
});

test('ipmctl that fails in part is noted in one entry, the rest is there', async (t) => {
  const machine = new Machine(t);
  machine.setTable(smbiosTable(memoryDevice(), optane));
  machine.install(
    'ipmctl',
    `case "$*" in *-dimm) cat ${fixture('memory-modules', 'ipmctl-01.00-dimm.txt')};; *) echo sorry; echo no driver >&2; exit 4;; esac`,
  );
  const held = new Held(t, machine);
  const told = await held.settled();
  assert.equal(told['avg_power_per_nvdimm_watts'], 15);
  assert.equal(told['nvdimm_read_bandwidth_bytes_per_second 0'], undefined);
  const { notes } = held.shared.source;
  assert.equal(notes.length, 1);
  assert.match(notes[0]?.message ?? '', /memoryresources: ended with status 4: no driver; ipmctl .*-region: ended/);
});

const listings: readonly (readonly [tool: ToolName, name: string])[] = [
  ['dmidecode', 'dmidecode-3.3-ddr4-optane.txt'],
  ['lshw', 'lshw-02.18-objects.json'],
  ['lshw', 'lshw-02.19-array.json'],
];

for (const [tool, name] of listings) {
  test(`without a table ${tool} is asked: ${name}`, async (t) => {
    const machine = new Machine(t);
    machine.installPrinting(tool, name);
    const held = new Held(t, machine);
    assert.deepEqual([held.tick(), held.shared.source.unavailable], [{}, []]);
    const told = await held.settled();
    assert.equal(told['dimm_count ram'], tool === 'lshw' ? 1 : 2);
    assert.equal(told['dimm_count nvm'], 1);
    assert.equal(told['dimm_speed_bytes_per_second'], tool === 'lshw' ? 23_464_000_000 : 46_928_000_000);
    assert.equal(probeMemoryModules(machine.roots, machine.tools).available, true);
  });
}

test('lshw is asked where dmidecode fails, which does not matter then', async (t) => {
  const machine = new Machine(t);
  machine.install('dmidecode', 'echo /dev/mem: Permission denied >&2; exit 1');
  machine.install(
    'lshw',
    `echo '[{"id": "memory", "children": [{"description": "DIMM DDR4", "units": "bytes", "size": 5}]}]'`,
  );
  const held = new Held(t, machine);
  assert.deepEqual(await held.settled(), {
    'dimm_count ram': 1,
    'dimm_count nvm': 0,
    'dimm_total_size_bytes ram': 5,
    'dimm_total_size_bytes nvm': 0,
    mem_mode_size_bytes: 0,
  });
  assert.deepEqual([held.shared.source.unavailable, held.shared.source.notes], [[], []]);
});

test('without a table and without a tool it is known at once that nothing can be told', (t) => {
  const machine = new Machine(t);
  const held = new Held(t, machine);
  const { unavailable } = held.shared.source;
  assert.deepEqual(
    unavailable.map(({ code }) => code),
    ['FEATURE_ABSENT'],
  );
  assert.match(unavailable[0]?.message ?? '', /there is no .*tables\/DMI; neither dmidecode nor lshw is installed/);
  assert.deepEqual(held.tick(), {});
  const capability = probeMemoryModules(machine.roots, machine.tools);
  assert.deepEqual(
    [capability.name, capability.available, capability.reason],
    ['memory_modules', false, unavailable[0]?.message],
  );
  assert.notEqual(capability.remedy, '');
});

test('a table without memory is none', (t) => {
  const machine = new Machine(t);
  machine.setTable(smbiosTable());
  const [problem] = new Held(t, machine).shared.source.unavailable;
  assert.match(problem?.message ?? '', /tell of no memory; neither dmidecode/);
});

test('a host with nothing but ipmctl tells what that knows, beside the reason for the rest', async (t) => {
  const machine = new Machine(t);
  machine.installIpmctl();
  const held = new Held(t, machine);
  const told = await held.settled();
  assert.deepEqual([told['capacity_per_nvdimm_bytes'], told['dimm_count ram']], [135_290_290_176, undefined]);
  assert.equal(held.shared.source.unavailable.length, 1);
});

test('tools that fail or print nonsense are told in one entry, once', async (t) => {
  const machine = new Machine(t);
  machine.install('dmidecode', 'echo "# No SMBIOS nor DMI entry point found, sorry."');
  machine.install('lshw', 'exit 7');
  const held = new Held(t, machine);
  await held.settled();
  const { unavailable } = held.shared.source;
  assert.equal(unavailable.length, 1);
  assert.match(unavailable[0]?.message ?? '', /dmidecode .* begins "# No SMBIOS.*; lshw .*: ended with status 7$/);
  held.tick();
  assert.equal(held.shared.source.unavailable, unavailable);
});

test('after close a running tool is stopped and nothing is told any more', async (t) => {
  const machine = new Machine(t);
  const watcher = watch(machine.folder);
  t.after(() => watcher.close());
  const started = join(machine.folder, 'started');
  machine.install('lshw', `echo $$ > ${started}; exec sleep 60`);
  const held = new Held(t, machine);
  while (!existsSync(started)) await once(watcher, 'change');
  held.shared.close();
  held.shared.close();
  // The test ends, and with it its process: the tool has no hold on it.
  await setImmediate();
  assert.deepEqual(held.tick(), {});
  assert.deepEqual(held.shared.source.unavailable, []);
});

test('this host: modules, or one reason why not', async (t) => {
  const tools = new Tools();
  const held = new Held(t, { roots: defaultRoots, tools });
  const { available, reason } = probeMemoryModules(defaultRoots, tools);
  t.diagnostic(available ? 'modules can be told' : reason);
  assert.equal(held.shared.source.unavailable.length, available ? 0 : 1);
  if (held.shared.source.platform?.columns.length) assert.ok((held.tick()['dimm_count ram'] ?? 0) > 0);
});
