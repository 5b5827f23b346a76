import { setTimeout as sleep } from 'node:timers/promises';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { formatControllerConfig } from './controller-config.ts';
import { ledgerOf, makeRunFolder, type RunFolder, removeRunFolder, writeControllerConfig } from './run-folder.ts';
import { type Ended, formatEnded, ServiceProcess } from './service-process.ts';
import type { User } from './user.ts';

export interface RunOptions {
  readonly intervalSeconds: number;
  readonly port: number;
  /** The controller's configuration instead of ours. */
  readonly configFile: string | undefined;
  readonly iterations: number | undefined;
  readonly logLevel: string;
  readonly bases: readonly string[];
  /** Cgroups below which the controller may allocate; empty: it may not. */
  readonly allocateBelow: readonly string[];
  /** Plugins of the controller. */
  readonly register: readonly string[];
  /** Who the controller becomes; undefined: it stays who we are. */
  readonly user: User | undefined;
  /** Whether we are root without a user to become. */
  readonly asRoot: boolean;
  /** Prometheus text is written here; undefined: nowhere. */
  readonly exposition: NodeJS.WritableStream | undefined;
  /** `keep`: the children's logs do not go to stderr. */
  readonly log: 'pass' | 'keep';
  onLogLine(name: string, line: string): void;
}

/**
 * SIGTERM to the controller, then to the collector, then SIGKILL to what is left: within a second, but for a collector
 * that has values to restore.
 */
const stopPlan = { controllerMs: 500, bothMs: 400, restoringMs: 10_000 } as const;

/** A collector and a controller of this installation with sockets of their own. */
export class RunSession {
  readonly folder: RunFolder;
  readonly #collector: ServiceProcess;
  readonly #controller: ServiceProcess;
  readonly #bothMs: number;
  #stopped: Promise<void> | undefined;

  constructor(options: RunOptions) {
    this.#bothMs = options.allocateBelow.length > 0 ? stopPlan.restoringMs : stopPlan.bothMs;
    this.folder = makeRunFolder(options.bases, options.user);
    try {
      const config = options.configFile ?? writeControllerConfig(this.folder, configOf(options));
      this.#collector = new ServiceProcess({
        name: 'collector',
        module: '../../../collector/main.js',
        args: collectorArgs(this.folder, options),
        ownedFolder: this.folder.path,
        log: options.log,
        onLogLine: (line) => options.onLogLine('collector', line),
      });
      this.#controller = new ServiceProcess({
        name: 'controller',
        module: '../../main.js',
        args: controllerArgs(this.folder, config, options),
        log: options.log,
        onLogLine: (line) => options.onLogLine('controller', line),
        ...(options.exposition === undefined ? {} : { stdout: options.exposition }),
      });
    } catch (thrown) {
      removeRunFolder(this.folder.path);
      throw thrown;
    }
  }

  /** Resolves when the controller has done its iterations; throws PLUGIN_FAILED when a process ends before. */
  async finished(): Promise<void> {
    const first = await Promise.race([
      this.#collector.ended.then((ended) => ({ service: this.#collector, ended })),
      this.#controller.ended.then((ended) => ({ service: this.#controller, ended })),
    ]);
    if (this.#stopped !== undefined) return;
    const done = first.service === this.#controller && first.ended.status === 0;
    if (!done) throw endedEarly(first.service, first.ended);
  }

  /** The last lines of a child's log, where they were kept. */
  lastLines(): readonly string[] {
    return [...this.#collector.lastLines, ...this.#controller.lastLines];
  }

  /** Ends both processes and removes the folder, within a second. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#controller.terminate();
    await within(stopPlan.controllerMs, this.#controller.ended);
    this.#collector.terminate();
    await within(this.#bothMs, Promise.all([this.#collector.ended, this.#controller.ended]));
    this.#collector.kill();
    this.#controller.kill();
    await Promise.all([this.#collector.ended, this.#controller.ended]);
    removeRunFolder(this.folder.path);
  }
}

/** Arguments of the collector: the socket is the group's of the user the controller becomes. */
export function collectorArgs(
  folder: RunFolder,
  { user, logLevel, allocateBelow = [] }: Pick<RunOptions, 'user' | 'logLevel'> & Partial<RunOptions>,
): string[] {
  const group = user === undefined ? [] : ['--socket-group', String(user.gid)];
  // Who starts the collector himself allows what his configuration asks for.
  const allow = ['--allow', 'rdt-monitoring,wss-reset'];
  const operator = user === undefined || allocateBelow.length === 0 ? [] : ['--operator', String(user.uid)];
  const below = allocateBelow.length === 0 ? [] : ['--allocate-below', allocateBelow.join(',')];
  // What was allocated for a look ends with it.
  const allocation = ['--ledger', ledgerOf(folder.path), '--restore-on-stop', 'all', ...operator, ...below];
  return ['--listen', folder.collectorAddress, '--log-level', logLevel, ...allow, ...group, ...allocation];
}

/** Arguments of the controller. */
export function controllerArgs(
  folder: RunFolder,
  config: string,
  options: Pick<RunOptions, 'user' | 'asRoot' | 'iterations' | 'logLevel' | 'register'>,
): string[] {
  const { user, asRoot, iterations, logLevel, register } = options;
  const identity = user === undefined ? (asRoot ? ['--root'] : []) : ['--user', user.name];
  const addresses = ['--collector', folder.collectorAddress, '--admin', folder.controllerAddress];
  const end = iterations === undefined ? [] : ['--iterations', String(iterations)];
  const plugins = register.flatMap((spec) => ['--register', spec]);
  const log = ['--log-output', 'stderr', '--log-level', logLevel];
  return ['--config', config, ...addresses, ...log, ...identity, ...plugins, ...end];
}

function configOf({ intervalSeconds, port, exposition }: RunOptions): string {
  return formatControllerConfig({ intervalSeconds, port, toStdout: exposition !== undefined });
}

function endedEarly({ name }: ServiceProcess, ended: Ended): WcaError {
  return new WcaError('PLUGIN_FAILED', { subject: name, message: `ended with ${formatEnded(ended)}` });
}

/** Waits for the work, but not longer. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  await Promise.race([work, sleep(ms, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
}
