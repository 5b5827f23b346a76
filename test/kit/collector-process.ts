import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { GetStatusResponse__Output } from '../../shared/rpc/gen/wca/v1/GetStatusResponse.ts';
import { type CollectorClient, loadContract } from '../../shared/rpc/proto.ts';

const main = fileURLToPath(new URL('../../collector/main.js', import.meta.url));

export interface CollectorProcessOptions {
  readonly args?: readonly string[];
  readonly nodeFlags?: readonly string[];
  /** Where its socket is; a folder of its own when absent. */
  readonly folder?: string;
  /** RLIMIT_NOFILE, soft and hard. */
  readonly descriptorLimit?: number;
  /** A command that runs it, such as that of a host of `TestNetwork`. */
  readonly inside?: readonly string[];
}

/** A real collector on a socket of its own. */
export class CollectorProcess {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly socket: string;
  readonly lines: string[] = [];
  readonly #contract = loadContract();
  readonly #clients: CollectorClient[] = [];

  private constructor(
    folder: string,
    { args = [], nodeFlags = [], descriptorLimit, inside = [] }: CollectorProcessOptions,
  ) {
    this.folder = folder;
    this.socket = join(folder, 'collector.sock');
    // The last of two --ledger counts.
    const own = ['--listen', `unix:${this.socket}`, '--ledger', join(folder, 'ledger')];
    const command = [...inside, process.execPath, ...nodeFlags, main, ...own, ...args];
    const limit = descriptorLimit === undefined ? '' : `ulimit -n ${descriptorLimit}; `;
    this.child = spawn('sh', ['-c', `${limit}exec "$0" "$@"`, ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
    if (this.child.stderr !== null) createInterface(this.child.stderr).on('line', (line) => this.lines.push(line));
  }

  /** Ready to be called when this resolves; rejects with what it said when it ends before. */
  static async start(options: CollectorProcessOptions = {}): Promise<CollectorProcess> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'wca-collector-'));
    const collector = new CollectorProcess(folder, options);
    await collector.logged('collector started');
    return collector;
  }

  /** Waits for a log line. */
  async logged(text: string): Promise<string> {
    const stream = this.child.stderr;
    if (stream === null) throw new Error('no log');
    for (;;) {
      const line = this.lines.find((candidate) => candidate.includes(text));
      if (line !== undefined) return line;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`the collector ended with ${this.child.exitCode}: ${this.lines.join('\n')}`);
      }
      await Promise.race([once(stream, 'data'), once(this.child, 'close')]);
    }
  }

  client(): CollectorClient {
    const client = this.#contract.createCollectorClient(`unix:${this.socket}`);
    this.#clients.push(client);
    return client;
  }

  status(): Promise<GetStatusResponse__Output> {
    const client = this.client();
    return new Promise((resolve, reject) => {
      client.getStatus({}, (error, reply) => {
        client.close();
        if (error === null && reply !== undefined) resolve(reply);
        else reject(error ?? new Error('no status'));
      });
    });
  }

  /** Polls the status until it is as wanted. */
  async statusWhere(wanted: (status: GetStatusResponse__Output) => boolean): Promise<GetStatusResponse__Output> {
    for (let i = 0; i < 200; i += 1) {
      const status = await this.status();
      if (wanted(status)) return status;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('the status never became as wanted');
  }

  rssBytes(): number {
    const text = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
  }

  openDescriptors(): number {
    return readdirSync(`/proc/${this.child.pid}/fd`).length;
  }

  /** Exit code; null when it had to be killed. */
  async stop(): Promise<number | null> {
    for (const client of this.#clients) client.close();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const closed = once(this.child, 'close');
      this.child.kill('SIGTERM');
      await closed;
    }
    rmSync(this.folder, { recursive: true, force: true });
    return this.child.exitCode;
  }
}
