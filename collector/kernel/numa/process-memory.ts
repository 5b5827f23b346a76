import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoName, type Reading } from '../../../shared/errors/wca-error.ts';
import { systemError } from '../errno.ts';
import { type PageRange, parseMovableRanges, presentPages } from './page-ranges.ts';

/** Pages of one excerpt of pagemap: 64 KiB. */
const excerptPages = 8192;

/** The memory of processes as /proc tells it. */
export class ProcessMemory {
  readonly #procfs: string;
  readonly #pageSizeBytes: number;
  readonly #excerpt = Buffer.allocUnsafe(excerptPages * 8);

  constructor(procfs: string, pageSizeBytes: number) {
    this.#procfs = procfs;
    this.#pageSizeBytes = pageSizeBytes;
  }

  /** Mappings whose pages may be moved. CGROUP_GONE when the process has ended, PERMISSION. */
  async readRanges(pid: number): Promise<Reading<readonly PageRange[]>> {
    try {
      // Up to five megabytes for a process with many mappings: not on the main thread.
      const text = await readFile(join(this.#procfs, String(pid), 'maps'), 'latin1');
      return { ok: true, value: parseMovableRanges(text, this.#pageSizeBytes) };
    } catch (thrown) {
      return { ok: false, error: systemError(`process ${pid} maps`, errnoName(thrown) ?? 'UNKNOWN') };
    }
  }

  /** Pages in memory; 0 when the process has ended. /proc/PID/statm: `35112 2710 1802 3 0 1131 0`, the second. */
  readResidentPages(pid: number): number {
    try {
      return Number(
        /^\d+ (\d{1,15}) /.exec(readFileSync(join(this.#procfs, String(pid), 'statm'), 'latin1'))?.[1] ?? 0,
      );
    } catch {
      return 0;
    }
  }

  /** The pages of a range that are in memory, piece by piece; what it gives is good until the next. Ends with the process. */
  *readPresent(pid: number, { start, end }: PageRange): Generator<readonly number[]> {
    let fd: number;
    try {
      fd = openSync(join(this.#procfs, String(pid), 'pagemap'), 'r');
    } catch {
      return; // it has ended
    }
    try {
      for (let first = start; first < end; first += excerptPages) {
        const bytes = Math.min(end - first, excerptPages) * 8;
        // Beyond 2^53 no page of a process is.
        const length = readSync(fd, this.#excerpt, 0, bytes, first * 8);
        if (length <= 0) return;
        yield presentPages(this.#excerpt.subarray(0, length), first);
      }
    } catch {
      return; // it ended meanwhile
    } finally {
      closeSync(fd);
    }
  }
}
