import { spawn } from 'node:child_process';
import { median } from './figures.ts';

export interface FloorOptions {
  readonly floor: string;
  readonly files: readonly string[];
  readonly perfFolders: readonly string[];
  /** PERF_COUNT_SW_* counted in those folders. */
  readonly events: readonly number[];
  readonly rounds: number;
}

/** CPU time in ms that the C program needs for one round, median; the first two rounds warm up. */
export function measureFloor({ floor, files, perfFolders, events, rounds }: FloorOptions): Promise<number> {
  const groups = events.length === 0 ? [] : perfFolders.map((folder) => `perf ${folder}`);
  const child = spawn(floor, ['1000', String(rounds + 2), ...(events.length === 0 ? [1] : events).map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end([...files, ...groups].map((line) => `${line}\n`).join(''));
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
