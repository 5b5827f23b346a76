import type { Reading } from '../../../shared/errors/wca-error.ts';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { Call, PageBatch } from '../../kernel/libc.ts';
import type { PageRange } from '../../kernel/numa/page-ranges.ts';
import { firstBatchPages, nextBatchPages, restMs } from './batch-size.ts';

/** The system calls that move pages. */
export interface PageCalls {
  movePages(batch: PageBatch): Promise<Call>;
  migratePages(pid: number, from: Buffer, to: Buffer): Promise<Call>;
}

/** What is known of the memory of processes. */
export interface MemoryReader {
  readRanges(pid: number): Promise<Reading<readonly PageRange[]>>;
  readResidentPages(pid: number): number;
  readPresent(pid: number, range: PageRange): Iterable<readonly number[]>;
}

export interface ProcessPagesParts {
  readonly calls: PageCalls;
  readonly memory: MemoryReader;
  readonly clock: Clock;
  readonly pageSizeBytes: number;
}

/** What became of the pages of a process, as it goes on. */
export interface PageCounts {
  moved: number;
  notMoved: number;
  /** Looked at, wherever they were. */
  seen: number;
}

/** Pages whose nodes are asked for at one go: some tenths of a millisecond. */
const queryPages = 1024;

/** Moves the pages of processes to a node in batches that no task waits long for. One call at a time. */
export class ProcessPages {
  readonly #parts: ProcessPagesParts;
  readonly #addresses = Buffer.allocUnsafe(queryPages * 2 * 8);
  readonly #nodes = Buffer.allocUnsafe(queryPages * 2 * 4);
  readonly #status = Buffer.allocUnsafe(queryPages * 2 * 4);
  #batchPages = firstBatchPages;

  constructor(parts: ProcessPagesParts) {
    this.#parts = parts;
  }

  /**
   * Moves what is elsewhere. A process that ends meanwhile is done. PERMISSION where the kernel does not let; stops soon
   * after the signal.
   */
  async move(pid: number, node: number, { counts, signal }: MoveRun): Promise<WcaError | undefined> {
    this.#batchPages = firstBatchPages;
    let elsewhere: number[] = [];
    const error = await this.#visit(pid, { counts, signal }, async (pages) => {
      const { found, error: refused } = await this.#findElsewhere(pid, node, pages);
      elsewhere.push(...found);
      if (refused !== undefined) return refused;
      while (elsewhere.length >= this.#batchPages && !signal.aborted) {
        const batch = elsewhere.slice(0, this.#batchPages);
        elsewhere = elsewhere.slice(batch.length);
        const failed = await this.#moveBatch(pid, node, { pages: batch, counts });
        if (failed !== undefined) return failed;
      }
      return undefined;
    });
    if (error !== undefined || signal.aborted || elsewhere.length === 0) return error;
    return this.#moveBatch(pid, node, { pages: elsewhere, counts });
  }

  /** How many pages are on other nodes. */
  async countElsewhere(pid: number, node: number, run: MoveRun): Promise<Reading<number>> {
    let count = 0;
    const error = await this.#visit(pid, run, async (pages) => {
      const { found, error: refused } = await this.#findElsewhere(pid, node, pages);
      count += found.length;
      return refused;
    });
    return error === undefined ? { ok: true, value: count } : { ok: false, error };
  }

  async #visit(
    pid: number,
    { counts, signal }: MoveRun,
    look: (pages: readonly number[]) => Promise<WcaError | undefined>,
  ): Promise<WcaError | undefined> {
    const ranges = await this.#parts.memory.readRanges(pid);
    if (!ranges.ok) return ranges.error.code === 'PERMISSION' ? refusal(pid, 'EACCES') : undefined;
    for (const range of ranges.value) {
      for (const pages of this.#parts.memory.readPresent(pid, range)) {
        for (let at = 0; at < pages.length; at += queryPages) {
          if (signal.aborted) return undefined;
          const part = pages.slice(at, at + queryPages);
          const error = await look(part);
          if (error !== undefined) return error;
          counts.seen += part.length;
        }
      }
    }
    return undefined;
  }

  /** Those of the pages that are on another node. None when the process has ended. */
  async #findElsewhere(
    pid: number,
    node: number,
    pages: readonly number[],
  ): Promise<{ readonly found: readonly number[]; readonly error: WcaError | undefined }> {
    this.#setAddresses(pages);
    const call = await this.#parts.calls.movePages(this.#batch(pid, pages.length, undefined));
    if (!call.ok) return { found: [], error: refusal(pid, call.errno) };
    const found = pages.filter((_, i) => {
      const at = this.#status.readInt32LE(i * 4);
      return at >= 0 && at !== node;
    });
    return { found, error: undefined };
  }

  async #moveBatch(
    pid: number,
    node: number,
    { pages, counts }: { readonly pages: readonly number[]; readonly counts: PageCounts },
  ): Promise<WcaError | undefined> {
    const { clock, calls } = this.#parts;
    this.#setAddresses(pages);
    for (let i = 0; i < pages.length; i += 1) {
      this.#nodes.writeInt32LE(node, i * 4);
      // What the kernel does not get to keeps this.
      this.#status.writeInt32LE(-1, i * 4);
    }
    const startMs = clock.monotonicMs();
    const call = await calls.movePages(this.#batch(pid, pages.length, this.#nodes));
    const tookMs = clock.monotonicMs() - startMs;
    if (!call.ok && call.errno !== 'ENOENT') return refusal(pid, call.errno);
    let moved = 0;
    for (let i = 0; i < pages.length; i += 1) if (this.#status.readInt32LE(i * 4) === node) moved += 1;
    counts.moved += moved;
    counts.notMoved += pages.length - moved;
    this.#batchPages = nextBatchPages(pages.length, tookMs);
    await clock.sleep(restMs(pages.length, tookMs));
    return undefined;
  }

  #setAddresses(pages: readonly number[]): void {
    const size = BigInt(this.#parts.pageSizeBytes);
    for (const [i, page] of pages.entries()) this.#addresses.writeBigUInt64LE(BigInt(page) * size, i * 8);
  }

  #batch(pid: number, count: number, nodes: Buffer | undefined): PageBatch {
    return { pid, count, addresses: this.#addresses, nodes, status: this.#status };
  }
}

export interface MoveRun {
  readonly counts: PageCounts;
  readonly signal: AbortSignal;
}

/** undefined where the process has ended, or has no memory any more. */
export function refusal(pid: number, errno: string): WcaError | undefined {
  if (errno === 'ESRCH' || errno === 'EINVAL') return undefined;
  const subject = `pages of process ${pid}`;
  if (errno === 'EPERM' || errno === 'EACCES') {
    return new WcaError('PERMISSION', {
      subject,
      errno,
      message: 'may not be moved by the collector',
      remedy: 'give the collector CAP_SYS_PTRACE and CAP_SYS_NICE',
    });
  }
  return new WcaError('KERNEL_REFUSED', { subject, errno, message: `the kernel does not move them: ${errno}` });
}
