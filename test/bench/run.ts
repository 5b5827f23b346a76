/**
 * `npm run bench`: what the agent costs an iteration on real cgroups, beside a C program that only re-reads the same
 * files and perf descriptors, measured in the same run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packageRoot } from '../kit/package-root.ts';
import { Agent } from './agent.ts';
import { makeBenchCgroups } from './bench-cgroups.ts';
import { type Figures, formatFigures } from './figures.ts';
import { measureFloor } from './floor.ts';
import { type Scenario, scenarios, softwareEvents } from './scenarios.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    tasks: { type: 'string', default: '10,100,1000' },
    rounds: { type: 'string', default: '20' },
    scenarios: { type: 'string', default: 'perf4' },
    rdt: { type: 'boolean', default: false },
    scale: { type: 'boolean', default: false },
    allocate: { type: 'boolean', default: false },
    fleet: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const usage = `npm run bench [-- OPTIONS]
  --scenarios NAME,...  or all (default perf4):
${scenarios.map(({ name, summary }) => `      ${name.padEnd(8)}${summary}`).join('\n')}
  --rdt                 RDT monitoring of 1000 tasks: a tree of plain files in place of resctrl
  --scale               memory of a collector with 1000 tasks on 128 CPUs: fixture files, simulated perf
  --allocate            quota, shares and cpuset of 1000 tasks, through the socket (cgroup v1)
  --fleet               one controller and 10, 100, 300 collectors of ten tasks: CPU and memory a node
  --tasks N,...         default 10,100,1000
  --rounds N            iterations of 1 s, default 20
  --json FILE           the figures for programs
`;

/** Throws for a name that is none. */
function chooseScenarios(names: string): readonly Scenario[] {
  if (names === 'all') return scenarios;
  return names.split(',').map((name) => {
    const scenario = scenarios.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`there is no scenario ${name}\n${usage}`);
    return scenario;
  });
}

/** Compiles the floor; undefined, with the reason on stderr, where there is no C compiler. */
function compileFloor(folder: string, name = 'floor'): string | undefined {
  const program = join(folder, name);
  const source = join(packageRoot(), 'test', 'bench', `${name}.c`);
  const compiled = spawnSync('cc', ['-O2', '-o', program, source], { encoding: 'utf8' });
  if (compiled.status === 0) return program;
  process.stderr.write(`no floor: ${compiled.error?.message ?? compiled.stderr} (install gcc for the ratios)\n`);
  return undefined;
}

interface Run {
  readonly scenario: Scenario;
  /** Tasks. */
  readonly n: number;
  readonly rounds: number;
  readonly folder: string;
  readonly floor: string | undefined;
}

async function measure({ scenario, n, rounds, folder, floor }: Run): Promise<Figures> {
  const { perProcess } = scenario;
  const cgroups = makeBenchCgroups(n, perProcess !== undefined);
  try {
    const agent = await Agent.start({ folder, paths: cgroups.paths, scenario });
    try {
      const ofProcesses = perProcess === undefined ? [] : cgroups.pids.map((pid) => `/proc/${pid}/${perProcess}`);
      const files = [...agent.cgroupFiles(), ...ofProcesses];
      const events = scenario.events.flatMap((name) => softwareEvents[name] ?? []);
      const cost = await agent.measure(rounds);
      await agent.stop();
      // Half of the floor's rounds would do; a full set makes its median as firm as the agent's.
      const floorMs =
        floor === undefined
          ? undefined
          : await measureFloor({ floor, files, perfFolders: cgroups.perfFolders, events, rounds });
      return { scenario: scenario.name, n, ...cost, floorCpuMs: floorMs };
    } finally {
      await agent.stop();
    }
  } finally {
    await cgroups.remove();
  }
}

/** Runs a bench in a process of its own and returns what it printed; throws when it failed. */
function runAlone(name: string, args: readonly string[] = []): string {
  const script = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const child = spawnSync(process.execPath, ['--max-semi-space-size=1', script, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.status !== 0) throw new Error(`the ${name} bench ended with status ${child.status}`);
  return child.stdout;
}

interface RdtFigures {
  readonly tasks: number;
  readonly measured: number;
  readonly files: number;
  readonly inTickMs: number;
  readonly besideMs: number;
  readonly floorMs?: number;
}

/** What rdt.ts found, in words. */
function measureRdt(floor: string | undefined): string {
  const found: RdtFigures = JSON.parse(runAlone('rdt', floor === undefined ? [] : ['--floor', floor]));
  const { tasks, measured, files, inTickMs, besideMs, floorMs } = found;
  const ratio = floorMs === undefined ? '' : `, ${(inTickMs / floorMs).toFixed(2)} times the floor`;
  return [
    `RDT of ${measured} of ${tasks} tasks, ${files} files: ${inTickMs.toFixed(1)} ms a tick${ratio}`,
    `beside the tick, threads kept in their groups: ${besideMs.toFixed(1)} ms a second`,
    '',
  ].join('\n');
}

/** What scale.ts found, in words. */
function measureScale(): string {
  const found: ScaleFigures = JSON.parse(runAlone('scale'));
  const { tasks, cpus, events, rssMb, wallMs, told } = found;
  const need = told.find(({ msg }) => msg === 'descriptors needed')?.needed ?? 0;
  return [
    `${tasks} tasks on ${cpus} CPUs, ${events} events each: ${rssMb.toFixed(0)} MB, ${wallMs.toFixed(0)} ms a tick`,
    `told before anything was opened: ${need} descriptors needed`,
    '',
  ].join('\n');
}

interface ScaleFigures {
  readonly tasks: number;
  readonly cpus: number;
  readonly events: number;
  readonly rssMb: number;
  readonly wallMs: number;
  readonly told: readonly { readonly msg: string; readonly needed?: number }[];
}

interface AllocateFigures {
  readonly tasks: number;
  readonly firstEverMs: number;
  readonly applyMs: number;
  readonly unchangedMs: number;
  readonly restoreMs: number;
  readonly floor?: { readonly bareMs: number; readonly safeMs: number };
}

/** What allocate.ts found, in words. */
function measureAllocate(program: string | undefined): string {
  const found: AllocateFigures = JSON.parse(runAlone('allocate', program === undefined ? [] : ['--floor', program]));
  const { tasks, firstEverMs, applyMs, unchangedMs, restoreMs, floor } = found;
  const times = (ms: number, what: string): string =>
    `, ${(applyMs / ms).toFixed(2)} times ${what} (${ms.toFixed(0)} ms)`;
  const ratio =
    floor === undefined
      ? ''
      : `${times(floor.bareMs, 'the bare writes')}${times(floor.safeMs, 'the writes read before and after')}`;
  return [
    `${tasks} tasks, three values each, from request to answer: ${applyMs.toFixed(0)} ms${ratio}`,
    `the very first time ${firstEverMs.toFixed(0)} ms; the same again ${unchangedMs.toFixed(0)} ms; restored in ${restoreMs.toFixed(0)} ms`,
    '',
  ].join('\n');
}

interface FleetFigures {
  readonly tasks: number;
  readonly figures: readonly {
    readonly nodes: number;
    readonly cpuMsANodeAndIteration: number;
    readonly rssMb: number;
    readonly missed: number;
    readonly lost: number;
  }[];
}

/** What fleet.ts found, in words. */
function measureFleet(): string {
  const { tasks, figures }: FleetFigures = JSON.parse(runAlone('fleet'));
  const lines = figures.map(({ nodes, cpuMsANodeAndIteration, rssMb, missed, lost }) => {
    const cpu = `${cpuMsANodeAndIteration.toFixed(2)} ms of CPU a node and iteration`;
    return `${String(nodes).padStart(4)} nodes: ${cpu}, ${rssMb.toFixed(0)} MB, ${missed} iterations missed, ${lost} snapshots lost\n`;
  });
  const [first, last] = [figures[0], figures.at(-1)];
  if (first === undefined || last === undefined || first === last) return lines.join('');
  const growth = ((last.rssMb - first.rssMb) / (last.nodes - first.nodes)).toFixed(2);
  const ratio = (last.cpuMsANodeAndIteration / first.cpuMsANodeAndIteration).toFixed(2);
  const told = `${tasks} tasks a node: ${growth} MB a node; a node costs ${ratio} times as much CPU among ${last.nodes} as among ${first.nodes}`;
  return `${lines.join('')}${told}\n`;
}

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  if (values.scale) {
    process.stdout.write(measureScale());
    return;
  }
  if (values.fleet) {
    process.stdout.write(measureFleet());
    return;
  }
  const chosen = chooseScenarios(values.scenarios);
  const rounds = Number(values.rounds);
  const folder = mkdtempSync(join(tmpdir(), 'wca-bench-'));
  try {
    const floor = compileFloor(folder);
    if (values.rdt) {
      process.stdout.write(measureRdt(floor));
      return;
    }
    if (values.allocate) {
      process.stdout.write(measureAllocate(compileFloor(folder, 'write-floor')));
      return;
    }
    const figures: Figures[] = [];
    for (const scenario of chosen) {
      for (const n of values.tasks.split(',').map(Number)) {
        process.stderr.write(`measuring ${scenario.name}: ${n} tasks, ${rounds} iterations of 1 s …\n`);
        try {
          figures.push(await measure({ scenario, n, rounds, folder, floor }));
        } catch (thrown) {
          // What was measured before is not lost.
          process.stderr.write(`left out: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
          process.exitCode = 1;
        }
      }
    }
    process.stdout.write(formatFigures(figures) + formatAllocating(figures));
    if (values.json !== undefined)
      writeFileSync(values.json, `${JSON.stringify(figures.map(toRecord), undefined, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What allocations that stay as they are add to an iteration, where both were measured. */
function formatAllocating(figures: readonly Figures[]): string {
  const total = ({ collectorCpuMs, controllerCpuMs }: Figures): number => collectorCpuMs + controllerCpuMs;
  return figures
    .filter(({ scenario }) => scenario === 'alloc')
    .flatMap((allocating) => {
      const measuring = figures.find(({ scenario, n }) => scenario === 'perf4' && n === allocating.n);
      if (measuring === undefined) return [];
      const ratio = (total(allocating) / total(measuring)).toFixed(2);
      return [
        `${allocating.n} tasks with three values each, unchanged: ${ratio} times an iteration that only measures\n`,
      ];
    })
    .join('');
}

function toRecord(figures: Figures): Record<string, string | number | null> {
  const {
    scenario,
    n,
    collectorCpuMs,
    controllerCpuMs,
    floorCpuMs,
    collectorRssMb,
    controllerRssMb,
    wallMs,
    wireBytes,
  } = figures;
  const ratio = (ms: number): number | null => (floorCpuMs === undefined ? null : ms / floorCpuMs);
  return {
    scenario,
    n,
    collector_cpu_ms: collectorCpuMs,
    controller_cpu_ms: controllerCpuMs,
    floor_cpu_ms: floorCpuMs ?? null,
    ratio_collector: ratio(collectorCpuMs),
    ratio_total: ratio(collectorCpuMs + controllerCpuMs),
    rss_collector_mb: collectorRssMb,
    rss_controller_mb: controllerRssMb,
    wall_ms: wallMs,
    wire_bytes: wireBytes,
  };
}

await main();
