import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { GetControllerStatusResponse__Output as Status } from '../../shared/rpc/gen/wca/v1/GetControllerStatusResponse.ts';
import type { ListTasksResponse__Output as Tasks } from '../../shared/rpc/gen/wca/v1/ListTasksResponse.ts';
import type { Usage__Output as Usage } from '../../shared/rpc/gen/wca/v1/Usage.ts';
import { type ControllerClient, loadContract } from '../../shared/rpc/proto.ts';

const main = fileURLToPath(new URL('../../controller/main.js', import.meta.url));

export interface ControllerProcessOptions {
  /** YAML. */
  readonly config: string;
  /** Path of the collector's socket, or `tls:HOST:PORT`. */
  readonly collector: string;
  readonly args?: readonly string[];
  /** A command that runs it, such as that of a host of `TestNetwork`. */
  readonly inside?: readonly string[];
}

/** A real controller in a folder of its own, which is its working folder. */
export class ControllerProcess {
  readonly folder: string;
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  #log = '';
  #client: ControllerClient | undefined;

  constructor({ config, collector, args = [], inside = [] }: ControllerProcessOptions) {
    this.folder = mkdtempSync(join(tmpdir(), 'wca-controller-'));
    const file = join(this.folder, 'config.yaml');
    writeFileSync(file, config, { mode: 0o600 });
    const address = collector.startsWith('/') ? `unix:${collector}` : collector;
    const sockets = ['--collector', address, '--admin', `unix:${join(this.folder, 'admin.sock')}`];
    const own = [main, '-c', file, ...sockets, ...(process.getuid?.() === 0 ? ['--root'] : []), ...args];
    const [program = process.execPath, ...command] = [...inside, process.execPath, ...own];
    this.child = spawn(program, command, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#log += chunk;
      });
    }
    this.ended = once(this.child, 'close').then(([code]) => code);
  }

  /** What it wrote to stdout and stderr. */
  get log(): string {
    return this.#log;
  }

  /** A file of its folder; empty while there is none. */
  read(name: string): string {
    const file = join(this.folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  status(): Promise<Status> {
    return new Promise((resolve, reject) =>
      this.#rpc().getStatus({}, (error, reply) => (reply === undefined ? reject(error) : resolve(reply))),
    );
  }

  tasks(): Promise<Tasks> {
    return new Promise((resolve, reject) =>
      this.#rpc().listTasks({}, (error, reply) => (reply === undefined ? reject(error) : resolve(reply))),
    );
  }

  metrics(names: readonly string[] = []): Promise<string> {
    return new Promise((resolve, reject) =>
      this.#rpc().getMetrics({ names: [...names] }, (error, reply) =>
        reply === undefined ? reject(error) : resolve(reply.exposition),
      ),
    );
  }

  /** The first message on usage that is as wanted. */
  async usageWhere(wanted: (usage: Usage) => boolean): Promise<Usage> {
    const stream = this.#rpc().watchUsage({});
    const usages: AsyncIterable<Usage> = stream;
    stream.on('error', () => undefined);
    for await (const usage of usages) {
      if (!wanted(usage)) continue;
      stream.cancel();
      return usage;
    }
    throw new Error('the stream ended');
  }

  /** Asks again and again, until the answer is as wanted or the time is up. */
  async until<T>(ask: () => Promise<T> | T, wanted: (answer: T) => boolean, limitMs = 20_000): Promise<T> {
    let last: unknown;
    for (const start = performance.now(); performance.now() - start < limitMs; ) {
      try {
        const answer = await ask();
        last = answer;
        if (wanted(answer)) return answer;
      } catch (thrown) {
        last = thrown; // it does not listen yet
      }
      if (this.child.exitCode !== null) break;
      await sleep(limitMs / 400); // asking costs something too
    }
    throw new Error(`never as wanted, at last: ${JSON.stringify(last)?.slice(0, 2000)}\n${this.#log.slice(-4000)}`);
  }

  /** Ends it; its exit status, null when it had to be killed. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#client?.close();
    this.child.kill(signal);
    const code = await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
    return code;
  }

  #rpc(): ControllerClient {
    this.#client ??= loadContract().createControllerClient(`unix:${join(this.folder, 'admin.sock')}`);
    return this.#client;
  }
}

/** Value of a series in a text; the labels of the pattern need not be all. undefined: there is no such series. */
export function seriesValue(exposition: string, metric: string, ...labels: readonly string[]): number | undefined {
  const line = exposition
    .split('\n')
    .findLast(
      (text) =>
        (text.startsWith(`${metric}{`) || text.startsWith(`${metric} `)) &&
        labels.every((label) => text.includes(label)),
    );
  const value = line === undefined ? undefined : /(?:\} |^[^{ ]+ )(\S+)/.exec(line)?.[1];
  return value === undefined ? undefined : Number(value);
}
