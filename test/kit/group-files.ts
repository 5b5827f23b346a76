import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PerfOpen } from './fake-libc.ts';
import { groupRead } from './perf-bytes.ts';

/**
 * Perf groups as plain files, one a CPU: what is appended is what the next read(2) of the CPU's leader returns, for a
 * descriptor goes on where it stopped.
 */
export class GroupFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), 'wca-groups-'));

  /** For `FakeLibc`. A group opened anew begins with what is written from then on. */
  readonly file = ({ cpu }: PerfOpen): string => {
    writeFileSync(this.#path(cpu), '', { flag: 'w' });
    return this.#path(cpu);
  };

  write(cpu: number, reading: Parameters<typeof groupRead>[0]): void {
    this.append(cpu, groupRead(reading));
  }

  append(cpu: number, bytes: Uint8Array): void {
    appendFileSync(this.#path(cpu), bytes);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #path(cpu: number): string {
    return join(this.#folder, String(cpu));
  }
}
