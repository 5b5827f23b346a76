#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { toWcaError, WcaError } from '../shared/errors/wca-error.ts';
import type { Supervisor } from '../shared/lifecycle/notify.ts';
import { connectSupervisor } from '../shared/lifecycle/notify-socket.ts';
import { isJournal } from '../shared/log/journal.ts';
import { LogFactory, type Logger, parseLevel } from '../shared/log/logger.ts';
import { apiVersion } from '../shared/rpc/version.ts';
import { type AllocationHostOptions, openAllocation, type RunningAllocation } from './allocation-host.ts';
import { assemble, type Collector } from './assemble.ts';
import { readConfigFile } from './config-file.ts';
import { type HostFacts, probeHost } from './host-probe.ts';
import { type Libc, loadLibc, raiseOpenFileLimit } from './kernel/libc.ts';
import { defaultRoots } from './kernel/roots.ts';
import { type CollectorOptions, chooseOptions, findGid, parseCommandLine, type Restored, usage } from './options.ts';
import { resolveRoles } from './roles.ts';
import { chooseActivatedFd } from './service/listener.ts';

/** fs.nr_open of Linux: no process may have more descriptors. */
const wantedDescriptors = 1_048_576;

async function main(args: readonly string[]): Promise<void> {
  const command = parseCommandLine(args);
  if (command.kind !== 'run') {
    process.stdout.write(command.kind === 'help' ? usage : `wca-collector ${apiVersion.software}\n`);
    return;
  }
  const { configFile, settings, restoreNow } = command;
  const options = chooseOptions(settings, configFile === undefined ? {} : readConfigFile(configFile, uidOfThis()));
  const logger = makeLogger(options);
  if (restoreNow !== undefined) await restoreAndEnd(options, restoreNow, logger);
  else await run(options, logger);
}

function uidOfThis(): number {
  return process.geteuid?.() ?? 0;
}

function makeLogger(options: CollectorOptions): Logger {
  const level = parseLevel(options.logLevel);
  if (level === undefined) {
    throw new WcaError('INVALID_ARGUMENT', {
      subject: 'log level',
      message: `unknown level ${JSON.stringify(options.logLevel)}`,
      remedy: 'critical, error, warning, info, debug or trace',
    });
  }
  const pretty = process.stderr.isTTY === true;
  const logs = new LogFactory({ levels: new Map([['', level]]), fd: 2, pretty, journal: isJournal(2, process.env) });
  return logs.logger('wca.collector');
}

async function run(options: CollectorOptions, logger: Logger): Promise<void> {
  const listenOptions = { address: options.listen, mode: options.socketMode, gid: gidOf(options.socketGroup) };
  const supervisor = connectSupervisor(process.env, process.pid);
  const libc = loadLibc();
  const descriptorLimit = raiseOpenFileLimit(libc, wantedDescriptors);
  const facts = probeHost(defaultRoots, libc);
  const { allow } = options;
  const roles = resolveRoles(options, { etcPasswd: readPasswd(), ownUid: uidOfThis() });
  const allocation = await openAllocation(allocationOptions(options, { facts, libc, logger }));
  const parts = {
    roots: defaultRoots,
    libc,
    facts,
    descriptorLimit,
    allow,
    roles,
    tls: options.tls,
    allocation,
    logger,
  };
  const collector = assemble(parts);
  try {
    await collector.service.start(listenOptions, chooseActivatedFd(process.env, process.pid));
  } catch (thrown) {
    await allocation.stop('none');
    throw thrown;
  }
  logStart(logger, { facts, descriptorLimit, allow: [...allow], listening: collector.service.listening });
  stopOnSignals(collector, { allocation, restoreOnStop: options.restoreOnStop, supervisor, logger });
  supervisor.ready(`serves ${collector.service.listening.join(', ')}`);
}

/** Puts originals back by the ledger of a collector that is dead. Throws when nothing can be, or not all was. */
async function restoreAndEnd(options: CollectorOptions, what: Restored, logger: Logger): Promise<void> {
  const libc = loadLibc();
  const facts = probeHost(defaultRoots, libc);
  const allocation = await openAllocation(allocationOptions(options, { facts, libc, logger }));
  const { facade } = allocation;
  if (!facade.ok) throw facade.error;
  const failed = await allocation.stop(what);
  if (failed === 0) return;
  const message = `${failed} targets are not restored, see the log`;
  throw new WcaError('KERNEL_REFUSED', { subject: '--restore-now', message });
}

function allocationOptions(
  options: CollectorOptions,
  { facts, libc, logger }: { readonly facts: HostFacts; readonly libc: Libc; readonly logger: Logger },
): AllocationHostOptions {
  const { policy, allocateBelow, ledger } = options;
  return {
    roots: defaultRoots,
    layout: facts.layout,
    platform: facts.platform,
    policy: { ...policy, below: [...policy.below, ...allocateBelow] },
    ledger,
    calls: libc,
    uid: uidOfThis(),
    logger,
  };
}

/** Empty in a container without accounts: operators are numbers there. */
function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
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

interface Stopping {
  readonly allocation: RunningAllocation;
  readonly restoreOnStop: Restored;
  readonly supervisor: Supervisor;
  readonly logger: Logger;
}

/** SIGUSR2 is for a collector that is started again: what is leased goes on there. */
function stopOnSignals(collector: Collector, { allocation, restoreOnStop, supervisor, logger }: Stopping): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal }, 'collector is stopping');
    supervisor.stopping(signal === 'SIGUSR2' ? 'stops, keeps what is allocated' : 'stops');
    collector.service
      .stop()
      .then(() => allocation.stop(signal === 'SIGUSR2' ? 'none' : restoreOnStop))
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
  process.on('SIGUSR2', stop);
}

/** One line for the operator. What starting again does not mend, options and their file, exits with 2; all else with 1. */
function die(thrown: unknown): never {
  const error = toWcaError(thrown, 'wca-collector');
  const text = error.code === 'INTERNAL' && thrown instanceof Error ? thrown.stack : error.toText();
  process.stderr.write(`wca-collector: ${text}\n`);
  process.exit(error.code === 'INVALID_ARGUMENT' || error.code === 'INVALID_CONFIG' ? 2 : 1);
}

main(process.argv.slice(2)).catch(die);
