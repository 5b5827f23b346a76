#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { toWcaError, WcaError } from '../shared/errors/wca-error.ts';
import { LogFactory, type Logger, parseLevel } from '../shared/log/logger.ts';
import { apiVersion } from '../shared/rpc/version.ts';
import { assemble, type Collector } from './assemble.ts';
import { readConfigFile } from './config-file.ts';
import { type HostFacts, probeHost } from './host-probe.ts';
import { loadLibc, raiseOpenFileLimit } from './kernel/libc.ts';
import { defaultRoots } from './kernel/roots.ts';
import { resolveOperators } from './operators.ts';
import { type CollectorOptions, chooseOptions, findGid, parseCommandLine, usage } from './options.ts';
import { chooseActivatedFd } from './service/listener.ts';

/** fs.nr_open of Linux: no process may have more descriptors. */
const wantedDescriptors = 1_048_576;

async function main(args: readonly string[]): Promise<void> {
  const command = parseCommandLine(args);
  if (command.kind !== 'run') {
    process.stdout.write(command.kind === 'help' ? usage : `wca-collector ${apiVersion.software}\n`);
    return;
  }
  const { configFile, settings } = command;
  const uid = process.geteuid?.() ?? 0;
  await run(chooseOptions(settings, configFile === undefined ? {} : readConfigFile(configFile, uid)));
}

async function run(options: CollectorOptions): Promise<void> {
  const level = parseLevel(options.logLevel);
  if (level === undefined) {
    throw new WcaError('INVALID_ARGUMENT', {
      subject: 'log level',
      message: `unknown level ${JSON.stringify(options.logLevel)}`,
      remedy: 'critical, error, warning, info, debug or trace',
    });
  }
  const listenOptions = { address: options.listen, mode: options.socketMode, gid: gidOf(options.socketGroup) };
  const logs = new LogFactory({ levels: new Map([['', level]]), fd: 2, pretty: process.stderr.isTTY === true });
  const logger = logs.logger('wca.collector');
  const libc = loadLibc();
  const descriptorLimit = raiseOpenFileLimit(libc, wantedDescriptors);
  const facts = probeHost(defaultRoots, libc);
  const { allow } = options;
  const etcPasswd = readFileSync('/etc/passwd', 'utf8');
  const operators = resolveOperators(options.operators, { etcPasswd, ownUid: process.geteuid?.() ?? 0 });
  const error = new WcaError('FEATURE_ABSENT', { subject: 'allocation', message: 'is not built in yet' });
  const allocation = { facade: { ok: false, error }, reader: undefined } as const;
  const collector = assemble({
    roots: defaultRoots,
    libc,
    facts,
    descriptorLimit,
    allow,
    operators,
    allocation,
    logger,
  });
  await collector.service.start(listenOptions, chooseActivatedFd(process.env, process.pid));
  logStart(logger, { facts, descriptorLimit, allow: [...allow], listening: collector.service.listening });
  stopOnSignals(collector, logger);
}

function gidOf(group: string | undefined): number | undefined {
  if (group === undefined) return undefined;
  const gid = findGid(group, readFileSync('/etc/group', 'utf8'));
  if (gid !== undefined) return gid;
  throw new WcaError('INVALID_ARGUMENT', {
    subject: 'socket group',
    message: `there is no group ${JSON.stringify(group)} in /etc/group`,
    remedy: 'create it, or give its number',
  });
}

/** What the host lacks is said once, here; why, and what would help, is in GetPlatform. */
function logStart(
  logger: Logger,
  started: {
    readonly facts: HostFacts;
    readonly descriptorLimit: number;
    readonly allow: readonly string[];
    readonly listening: readonly string[];
  },
): void {
  const { facts, descriptorLimit, allow, listening } = started;
  const absent = facts.capabilities.filter(({ available }) => !available).map(({ name }) => name);
  logger.info(
    { listening, cgroups: facts.layout.mode, cpus: facts.platform.cpus.length, descriptorLimit, allow, absent },
    'collector started',
  );
}

function stopOnSignals(collector: Collector, logger: Logger): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal }, 'collector is stopping');
    collector.service
      .stop()
      .then(() => collector.sampler.stop())
      .then(
        () => process.exit(0),
        (thrown: unknown) => {
          logger.fatal({ err: thrown }, 'cannot stop in order');
          process.exit(1);
        },
      );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** One line for the operator. Usage errors exit with 2, all others with 1. */
function die(thrown: unknown): never {
  const error = toWcaError(thrown, 'wca-collector');
  const text = error.code === 'INTERNAL' && thrown instanceof Error ? thrown.stack : error.toText();
  process.stderr.write(`wca-collector: ${text}\n`);
  process.exit(error.code === 'INVALID_ARGUMENT' ? 2 : 1);
}

main(process.argv.slice(2)).catch(die);
