import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { packageRoot } from '../../kit/package-root.ts';

/** Path of a compiled program of test/vm/programs. */
export function programPath(name: string): string {
  return join(packageRoot(), 'programs', name);
}

export type WorkloadKind = 'spin' | 'touch' | 'mix' | 'count' | 'read' | 'stall';

/** programs/workload.c: consumes a known amount of something, when told to. */
export class Workload {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(command: readonly string[]) {
    const [program = '', ...args] = command;
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd: tmpdir() });
    this.#lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
  }

  /** Started and waiting; `before` is put before the command: ['numactl', '--membind=1']. */
  static async start(kind: WorkloadKind, amount: number, before: readonly string[] = []): Promise<Workload> {
    const workload = new Workload([...before, programPath('workload'), kind, String(amount)]);
    await workload.#line('ready');
    return workload;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Consumes; resolves with what it says, if anything, when it has done so. The process and its memory stay. */
  async act(): Promise<number> {
    this.child.stdin.write('go\n');
    return Number((await this.#line('done')) || 0);
  }

  /** Ends it, in whatever it is. Safe to call twice. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await closed;
  }

  async #line(wanted: string): Promise<string> {
    const { value } = await this.#lines.next();
    const [word, rest = ''] = String(value).split(' ');
    if (word !== wanted) throw new Error(`workload said ${String(value)} instead of ${wanted}`);
    return rest;
  }
}
