#!/usr/bin/env node
import { toWcaError, WcaError } from '../shared/errors/wca-error.ts';
import { type Clock, systemClock } from '../shared/lifecycle/clock.ts';
import { Supervisor } from '../shared/lifecycle/notify.ts';
import { connectSupervisor } from '../shared/lifecycle/notify-socket.ts';
import { Episodes } from '../shared/log/episodes.ts';
import { isJournal } from '../shared/log/journal.ts';
import { LogFactory, type Logger } from '../shared/log/logger.ts';
import { loadContract } from '../shared/rpc/proto.ts';
import { apiVersion } from '../shared/rpc/version.ts';
import { readSelfUsage } from '../shared/self/self-usage.ts';
import { type ClientFiles, checkClientFiles } from '../shared/tls/client-files.ts';
import { controllerHandlers } from './admin/controller-service.ts';
import { DelayMeter } from './admin/delay-meter.ts';
import { AdminServer } from './admin/server.ts';
import { connectCollector } from './collectors/connect.ts';
import type { CollectorLink } from './collectors/link.ts';
import { type Configuration, loadConfiguration } from './config/build.ts';
import { builtinComponents } from './config/builtin.ts';
import { readSafeFile } from './config/file-safety.ts';
import { loadPlugin } from './config/load-plugin.ts';
import { Registry } from './config/registry.ts';
import { dropPrivileges } from './drop-privileges.ts';
import { assembleFleet } from './fleet/assemble-fleet.ts';
import type { FollowedHost } from './fleet/followed-host.ts';
import { type ControllerOptions, parseCommandLine } from './options.ts';
import { ReloadingRun } from './reload.ts';
import { openRecording } from './replay/open-recording.ts';
import { renderReport } from './replay/render-report.ts';
import { type ReplayOptions, runReplay } from './replay/run-replay.ts';
import { Board } from './runners/board.ts';
import { chooseStyle } from './terminal/style.ts';

/** A stop that takes longer is cut off. */
const stopMs = 5_000;

async function main(args: readonly string[]): Promise<number> {
  const options = await parseCommandLine(args);
  if (process.geteuid?.() === 0 && !options.root && options.user === undefined) {
    process.stderr.write(
      'wca-controller: refuses to run as root: it needs no privilege (give --user NAME to become another user, or --root)\n',
    );
    return 2;
  }
  const fd = options.logOutput === 'stderr' ? 2 : 1;
  const pretty = (fd === 2 ? process.stderr : process.stdout).isTTY === true;
  const logs = new LogFactory({ levels: options.levels, fd, pretty, journal: isJournal(fd, process.env) });
  return options.replay === undefined ? run(options, logs) : replay(options, options.replay, logs);
}

async function run(options: ControllerOptions, logs: LogFactory): Promise<number> {
  const logger = logs.logger('wca.main');
  surviveRejections(logger);
  const supervisor = connectSupervisor(process.env, process.pid);
  const contract = loadContract();
  const episodes = new Episodes(logs.logger('wca.episodes'), systemClock);
  const files = clientFilesOnce(options);
  const connect = (to: string, of: Episodes) => connectCollector(to, { contract, files, episodes: of });
  const collector = connect(options.collector, episodes);
  const registry = await registryOf(options);
  const parts = { logs, logger, registry, collector, clock: systemClock };
  const configuration = configure(options, parts);
  if (configuration.collectors?.kind === 'list') {
    for (const { address } of configuration.collectors.entries) connect(address, episodes).close();
  }
  // Everything that needs the old user is read: the configuration, plugins, the contract, all modules.
  if (options.user !== undefined) dropPrivileges(options.user);

  const local: FollowedHost = { name: '', board: new Board(), episodes };
  let hosts = (): readonly FollowedHost[] => [local];
  const admin = new AdminServer(
    contract.controller,
    controllerHandlers({
      hosts: () => hosts(),
      registry,
      episodes,
      logger,
      delay: new DelayMeter(systemClock),
      configFile: options.config,
    }),
  );
  const stopping = stopOnSignals(logger, supervisor);
  await startAdmin(admin, options.admin, logger);
  const follows = configuration.collectors === undefined ? collector.address : 'collectors of the configuration';
  logger.info({ version: apiVersion.software, config: options.config, collector: follows }, 'controller started');
  const environment = {
    random: Math.random,
    iterations: options.iterations,
    selfUsage: readSelfUsage,
    logCounts: () => logs.counts(),
  };
  const run = new ReloadingRun<Configuration>({
    configure: () => configure(options, parts),
    run: (next, signal) => {
      if (next.collectors === undefined) {
        hosts = () => [local];
        const { board } = local;
        const logger = (module: string): Logger => logs.logger(module);
        return next.runner.run({ ...environment, collector, clock: systemClock, episodes, board, logger }, signal);
      }
      const fleet = assembleFleet(next, next.collectors, { logs, clock: systemClock, episodes, environment, connect });
      hosts = () => fleet.hosts;
      return fleet.run(signal);
    },
    ...tellReloads(logger, supervisor, options.config),
  });
  if (process.stdin.isTTY !== true) process.on('SIGHUP', () => run.reload()); // a terminal that is closed ends it
  supervisor.ready(`runs ${options.config}`);
  const status = await run.run(configuration, stopping);
  admin.stop();
  collector.close();
  logger.info({ status }, 'controller stopped');
  return status;
}

/** Certificates are read when a collector of another host is named, once. */
function clientFilesOnce({ tls }: ControllerOptions): () => ClientFiles {
  let files: ClientFiles | undefined;
  return () => {
    files ??= checkClientFiles(tls);
    return files;
  };
}

/** Runs on a recording: no collector, no socket for wca-ctl, nothing is allocated. */
async function replay(options: ControllerOptions, file: string, logs: LogFactory): Promise<number> {
  const logger = logs.logger('wca.main');
  surviveRejections(logger);
  const registry = await registryOf(options);
  const recording = openRecording(file, loadContract());
  const configured: ReplayOptions['configure'] = (replayed, collector, clock) => {
    const { runner } = configure(options, { logs, logger, registry: replayed, collector, clock });
    if (options.user !== undefined) dropPrivileges(options.user);
    return runner;
  };
  const { speed, store, iterations } = options;
  const stopping = stopOnSignals(logger, new Supervisor(undefined, undefined));
  const report = await runReplay(
    { recording, registry, logs, speed, store, iterations, configure: configured },
    stopping,
  );
  const { isTTY, columns } = process.stdout;
  const style = chooseStyle({ isTerminal: isTTY === true, columns, env: process.env, noColour: false });
  process.stdout.write(`${renderReport(report, file, style).join('\n')}\n`);
  recording.close();
  return report.failure === undefined ? report.status : 1;
}

async function registryOf({ register }: ControllerOptions): Promise<Registry> {
  const registry = new Registry();
  for (const definition of builtinComponents()) registry.add(definition, 'built in');
  for (const plugin of register) await loadPlugin(plugin, registry);
  return registry;
}

interface Parts {
  readonly logs: LogFactory;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly collector: CollectorLink;
  readonly clock: Clock;
}

function configure(options: ControllerOptions, { logs, logger, registry, collector, clock }: Parts): Configuration {
  const configuration = loadConfiguration({
    file: options.config,
    text: readSafeFile(options.config),
    registry,
    context: { host: collector, clock, logger: (module) => logs.logger(module) },
    env: process.env,
  });
  // The command line wins over the section `loggers` (spec config §1.9).
  logs.setLevels(new Map([...configuration.loggers, ...options.levels]));
  for (const note of configuration.deprecations) logger.info(note);
  return configuration;
}

function tellReloads(logger: Logger, supervisor: Supervisor, config: string) {
  return {
    onReloading: () => supervisor.reloading(`reads ${config}`),
    onReloaded: (refused: unknown) => {
      if (refused === undefined) {
        logger.info({ config }, 'configuration loaded anew');
        supervisor.ready(`runs ${config}`);
        return;
      }
      const error = toWcaError(refused, config);
      const { code, remedy } = error;
      logger.error(
        { code, remedy, ...(code === 'INTERNAL' ? { err: refused } : {}) },
        `not reloaded: ${error.toText()}`,
      );
      supervisor.ready(`runs ${config} as it was: the new one is refused, see the log`);
    },
  };
}

/** wca-ctl is a convenience: without its socket the controller works all the same. */
async function startAdmin(admin: AdminServer, address: string, logger: Logger): Promise<void> {
  try {
    await admin.start(address);
  } catch (thrown) {
    const error = toWcaError(thrown, 'admin socket');
    if (error.errno === 'EADDRINUSE') throw error;
    logger.warn({ code: error.code, remedy: error.remedy }, `${error.toText()}; going on without wca-ctl`);
  }
}

/** Aborts at the first SIGTERM or SIGINT; the second one ends the process at once. */
function stopOnSignals(logger: Logger, supervisor: Supervisor): AbortSignal {
  const stopping = new AbortController();
  const stop = (signal: string): void => {
    if (stopping.signal.aborted) process.exit(1);
    logger.info({ signal }, 'controller is stopping');
    supervisor.stopping('stops');
    stopping.abort(new WcaError('CANCELLED', { subject: 'controller', message: 'is stopping' }));
    setTimeout(() => process.exit(1), stopMs).unref();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return stopping.signal;
}

/** A rejection nobody handles is a bug or a plugin's: it is logged, counted in wca_error_count, and survived. */
function surviveRejections(logger: Logger): void {
  process.on('unhandledRejection', (reason) => {
    logger.error({ err: reason }, 'a promise was rejected and nobody cared, going on');
  });
  // After an exception nothing is known of the state any more.
  process.on('uncaughtException', (thrown) => {
    logger.fatal({ err: thrown }, 'an exception was thrown and nobody caught it');
    process.exit(1);
  });
}

/** One line for the operator. A wrong option exits with 2, everything else with 1. */
function explain(thrown: unknown): number {
  const error = toWcaError(thrown, 'wca-controller');
  const text = error.code === 'INTERNAL' && thrown instanceof Error ? thrown.stack : error.toText();
  process.stderr.write(`wca-controller: ${text}\n`);
  return error.code === 'INVALID_ARGUMENT' ? 2 : 1;
}

process.exit(await main(process.argv.slice(2)).catch(explain));
