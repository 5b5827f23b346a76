/**
 * `npm run bench [-- --json FILE] [-- --tasks 10,100,1000] [-- --rounds 20]`: what the agent costs an iteration on real
 * cgroups, beside a C program that only re-reads the same files and perf descriptors, measured in the same run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../kit/package-root.ts';
import { Agent } from './agent.ts';
import { makeBenchCgroups } from './bench-cgroups.ts';
import { type Figures, formatFigures } from './figures.ts';
import { measureFloor } from './floor.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    tasks: { type: 'string', default: '10,100,1000' },
    rounds: { type: 'string', default: '20' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** Compiles the floor; undefined, with the reason on stderr, where there is no C compiler. */
function compileFloor(folder: string): string | undefined {
  const program = join(folder, 'floor');
  const source = join(packageRoot(), 'test', 'bench', 'floor.c');
  const compiled = spawnSync('cc', ['-O2', '-o', program, source], { encoding: 'utf8' });
  if (compiled.status === 0) return program;
  process.stderr.write(`no floor: ${compiled.error?.message ?? compiled.stderr} (install gcc for the ratios)\n`);
  return undefined;
}

async function measure(n: number, rounds: number, folder: string, floor: string | undefined): Promise<Figures> {
  const cgroups = makeBenchCgroups(n);
  try {
    const agent = await Agent.start({ folder, paths: cgroups.paths });
    try {
      const files = agent.cgroupFiles();
      const cost = await agent.measure(rounds);
      await agent.stop();
      // Half of the floor's rounds would do; a full set makes its median as firm as the agent's.
      const floorMs =
        floor === undefined
          ? undefined
          : await measureFloor({ floor, files, perfFolders: cgroups.perfFolders, rounds });
      return { n, ...cost, floorCpuMs: floorMs };
    } finally {
      await agent.stop();
    }
  } finally {
    cgroups.remove();
  }
}

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write('npm run bench [-- --json FILE] [-- --tasks 10,100,1000] [-- --rounds 20]\n');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'wca-bench-'));
  try {
    const floor = compileFloor(folder);
    const figures: Figures[] = [];
    for (const n of values.tasks.split(',').map(Number)) {
      process.stderr.write(`measuring ${n} tasks, ${values.rounds} iterations of 1 s …\n`);
      figures.push(await measure(n, Number(values.rounds), folder, floor));
    }
    process.stdout.write(formatFigures(figures));
    if (values.json !== undefined)
      writeFileSync(values.json, `${JSON.stringify(figures.map(toRecord), undefined, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function toRecord(figures: Figures): Record<string, number | null> {
  const { n, collectorCpuMs, controllerCpuMs, floorCpuMs, collectorRssMb, controllerRssMb, wallMs, wireBytes } =
    figures;
  const ratio = (ms: number): number | null => (floorCpuMs === undefined ? null : ms / floorCpuMs);
  return {
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
