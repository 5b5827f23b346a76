/**
 * `npm run bench -- --rdt`: what RDT monitoring costs a tick, in a process of its own: resctrl is a tree of plain files
 * with two L3 domains and one group a task. Beside it the floor re-reads the same files. Prints one line of JSON.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadLibc, raiseOpenFileLimit } from '../../collector/kernel/libc.ts';
import { RdtBench } from '../kit/rdt-bench.ts';
import { median } from './figures.ts';
import { measureFloor } from './floor.ts';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '20' },
    floor: { type: 'string' },
  },
});

const tasks = Number(values.tasks);
const rounds = Number(values.rounds);
raiseOpenFileLimit(loadLibc(), 1_048_576);
const undo: (() => void)[] = [];
const bench = new RdtBench({ after: (step) => undo.push(step) }, { numRmids: tasks + 10 });
try {
  const readings = Array.from({ length: tasks }, (_, task) => {
    const path = `/task${task}`;
    bench.kernel.addThread(path);
    return bench.open(path);
  });
  for (let tick = 0; tick < 500 && !readings.every(({ row }) => row.present[0] === 1); tick += 1) {
    await bench.tick(readings);
    await sleep(5);
  }
  const inTick: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < rounds + 10; round += 1) {
    const before = cpuMs();
    for (const reading of readings) reading.read();
    const between = cpuMs();
    await bench.tick();
    await sleep(50);
    inTick.push(between - before);
    beside.push(cpuMs() - between);
  }
  const groups = join(bench.kernel.mountPoint, 'mon_groups');
  const files = readdirSync(groups).flatMap((group) =>
    ['mon_L3_00', 'mon_L3_01'].flatMap((domain) =>
      ['llc_occupancy', 'mbm_total_bytes', 'mbm_local_bytes'].map((file) =>
        join(groups, group, 'mon_data', domain, file),
      ),
    ),
  );
  const floorMs =
    values.floor === undefined
      ? undefined
      : await measureFloor({ floor: values.floor, files, perfFolders: [], events: [], rounds: Math.min(rounds, 5) });
  const figures = {
    tasks,
    measured: readings.filter(({ row }) => row.present[0] === 1).length,
    files: files.length,
    inTickMs: median(inTick.slice(10)),
    besideMs: median(beside.slice(10)),
    floorMs,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  for (const step of undo) step();
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
