import { spawn } from 'node:child_process';
import { median } from './figures.ts';

/** perf software events the agent counts by default where there is no PMU: task-clock, context switches, migrations, faults. */
const softwareEvents = ['1', '3', '4', '2'];

export interface FloorOptions {
  readonly floor: string;
  readonly files: readonly string[];
  readonly perfFolders: readonly string[];
  readonly rounds: number;
}

/** CPU time in ms that the C program needs for one round, median; the first two rounds warm up. */
export function measureFloor({ floor, files, perfFolders, rounds }: FloorOptions): Promise<number> {
  const child = spawn(floor, ['1000', String(rounds + 2), ...softwareEvents], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end([...files, ...perfFolders.map((folder) => `perf ${folder}`)].map((line) => `${line}\n`).join(''));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const rows = output.trim().split('\n').map(Number).slice(2);
      if (code === 0 && rows.length === rounds) resolve(median(rows));
      else reject(new Error(`the floor program ended with status ${code}`));
    });
  });
}
