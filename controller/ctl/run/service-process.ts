import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** How a child ended. */
export interface Ended {
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** It could not be started at all. */
  readonly error?: Error;
}

export interface ServiceOptions {
  /** `collector`, `controller`: for people. */
  readonly name: string;
  /** Compiled main module, relative to this file. */
  readonly module: string;
  readonly args: readonly string[];
  /** Removed by the child when this process is killed. */
  readonly ownedFolder?: string;
  /** `pass`: its log goes to our stderr; `keep`: the last lines are kept. */
  readonly log: 'pass' | 'keep';
  /** Where its stdout goes; absent: nowhere. */
  readonly stdout?: NodeJS.WritableStream;
  onLogLine?(line: string): void;
}

const keptLines = 40;
const maxLineLength = 4000;

/** One of our own programs as a child that ends when we do, whatever happens to us. */
export class ServiceProcess {
  readonly name: string;
  /** Resolves when it has ended and everything it wrote was read. Never rejects. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];

  constructor(options: ServiceOptions) {
    const { name, module, args, ownedFolder, log, stdout } = options;
    this.name = name;
    const watch = new URL('./parent-watch.js', import.meta.url).href;
    const main = fileURLToPath(new URL(module, import.meta.url));
    this.#child = spawn(process.execPath, ['--import', watch, main, ...args], {
      // A process group of its own: Ctrl-C reaches us only, and we stop the children in order.
      detached: true,
      stdio: ['pipe', stdout === undefined ? 'ignore' : 'pipe', log === 'pass' ? 'inherit' : 'pipe'],
      env: { ...process.env, ...(ownedFolder === undefined ? {} : { WCA_RUN_FOLDER: ownedFolder }) },
    });
    this.ended = endOf(this.#child);
    this.#child.stdin?.on('error', ignoreLostPipe);
    if (stdout !== undefined) this.#child.stdout?.pipe(stdout, { end: false });
    if (this.#child.stderr !== null) this.#keepLines(this.#child.stderr, options);
  }

  /** The end of its log, oldest first; empty where the log was passed through. */
  get lastLines(): readonly string[] {
    return this.#lines;
  }

  /** Asks it to stop. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #keepLines(log: Readable, options: ServiceOptions): void {
    const reader = createInterface({ input: log, crlfDelay: Number.POSITIVE_INFINITY });
    reader.on('line', (line) => {
      this.#lines.push(line.slice(0, maxLineLength));
      if (this.#lines.length > keptLines) this.#lines.shift();
      options.onLogLine?.(line);
    });
  }
}

/** `status 1`, `signal SIGKILL`, or why it did not start. */
export function formatEnded({ status, signal, error }: Ended): string {
  if (error !== undefined) return error.message;
  return signal === undefined ? `status ${status ?? 'unknown'}` : `signal ${signal}`;
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ status: undefined, signal: undefined, error }));
    child.once('close', (status, signal) => resolve({ status: status ?? undefined, signal: signal ?? undefined }));
  });
}

/** We never write to it: an error only says that the child is gone, which `ended` tells. */
function ignoreLostPipe(): void {}
