import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { formatLogLine } from '../../../shared/log/pretty.ts';
import { type CommandContext, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { chooseFreePort } from '../run/free-port.ts';
import { onNpmGone } from '../run/npm-parent.ts';
import { runFolderBases, sweepRunFolders } from '../run/run-folder.ts';
import { type RunOptions, RunSession } from '../run/run-session.ts';
import { showRun } from '../run/show-run.ts';
import { chooseUser, parsePasswd, type User } from '../run/user.ts';
import { onStopSignal } from '../stop-signal.ts';
import type { Cli } from './cli.ts';
import { parseIterations } from './top.ts';

const defaultPort = 9152;
const logLevels = ['error', 'warn', 'info', 'debug', 'trace'] as const;

interface RunArgs {
  readonly interval: number;
  readonly port: number | undefined;
  readonly config: string | undefined;
  readonly iterations: number | undefined;
  readonly logLevel: string;
  readonly allocateBelow: string | undefined;
  /** Absolute paths, or names of packages. */
  readonly register: readonly string[];
}

/** `wca-ctl run`: collector and controller of this installation, for a look. */
export function addRun(cli: Cli): void {
  cli.command(
    'run',
    'Start a collector and a controller for a look; they end with it',
    (command) =>
      command
        .option('interval', { type: 'number', requiresArg: true, default: 1, describe: 'seconds between measurements' })
        .option('port', {
          type: 'number',
          requiresArg: true,
          describe: `of the scrape endpoint, 0: any [${defaultPort} when free]`,
        })
        .option('config', { type: 'string', requiresArg: true, describe: 'configuration of the controller instead' })
        .option('allocate-below', {
          type: 'string',
          requiresArg: true,
          describe: 'cgroups, separated by commas, below which the configuration may allocate',
        })
        .option('register', {
          alias: 'r',
          type: 'string',
          array: true,
          requiresArg: true,
          default: [],
          describe: 'plugin that the configuration uses, as for wca-controller',
        })
        .option('iterations', {
          alias: 'n',
          type: 'number',
          requiresArg: true,
          describe: 'end after so many measurements',
        })
        .option('log-level', {
          choices: logLevels,
          requiresArg: true,
          default: 'warn' as const,
          describe: 'of both processes',
        })
        .example('sudo $0 run', 'live table of all cgroups; keys: q c m i f, arrows')
        .example('sudo $0 run -n 2 > metrics.prom', 'two batches of Prometheus text')
        .example('sudo $0 run --config my.yaml', 'with a configuration of yours')
        .example(
          'sudo $0 run --allocate-below /batch --config my.yaml',
          'that may also allocate; originals come back at the end',
        ),
    (args) =>
      runCommand(args, (context) => {
        const { interval, port, config, iterations, logLevel, allocateBelow } = args;
        const register = args.register.map(String);
        return run(context, { interval, port, config, iterations, logLevel, allocateBelow, register });
      }),
  );
}

async function run(context: CommandContext, args: RunArgs): Promise<number> {
  const stop = new AbortController();
  const release = [onStopSignal(() => stop.abort()), onNpmGone(process.env, () => stop.abort())];
  context.onBrokenPipe = () => stop.abort();
  const uid = process.getuid?.() ?? 0;
  const bases = runFolderBases(uid, process.env);
  await sweepRunFolders(bases, uid);
  const live = process.stdout.isTTY === true && !context.json;
  const lines: LogLines = { last: undefined };
  const session = new RunSession(await optionsOf(args, { context, uid, bases, live, lines }));
  const shown = showRun({ context, session, live, lines, stop, keepLast: args.iterations !== undefined }).finally(() =>
    stop.abort(),
  );
  try {
    await Promise.race([session.finished(), aborted(stop.signal)]);
    return exitCodes.ok;
  } catch (thrown) {
    stop.abort();
    await shown; // the screen is given back before anything is told
    for (const line of session.lastLines()) process.stderr.write(formatLogLine(line));
    throw thrown;
  } finally {
    stop.abort();
    await Promise.all([shown, session.stop()]);
    for (const end of release) end();
  }
}

/** The newest log line of a child, when the logs are kept. */
export interface LogLines {
  last: { readonly name: string; readonly line: string } | undefined;
}

interface Surroundings {
  readonly context: CommandContext;
  readonly uid: number;
  readonly bases: readonly string[];
  readonly live: boolean;
  readonly lines: LogLines;
}

async function optionsOf(args: RunArgs, around: Surroundings): Promise<RunOptions> {
  const { uid, bases, live, lines, context } = around;
  const user = uid === 0 ? readUser() : undefined;
  return {
    intervalSeconds: parseInterval(args.interval),
    port: args.port === undefined ? await chooseFreePort(defaultPort) : parsePort(args.port),
    configFile: args.config === undefined ? undefined : parseConfigFile(args.config),
    iterations: parseIterations(args.iterations),
    logLevel: args.logLevel,
    bases,
    allocateBelow: args.allocateBelow?.split(',') ?? [],
    register: args.register,
    user,
    asRoot: uid === 0 && user === undefined,
    exposition: live || context.json ? undefined : process.stdout,
    log: live ? 'keep' : 'pass',
    onLogLine: (name, line) => {
      // What this host lacks stands in the head of the table already.
      if (!line.includes('"code":"FEATURE_ABSENT"')) lines.last = { name, line };
    },
  };
}

function readUser(): User | undefined {
  try {
    return chooseUser(parsePasswd(readFileSync('/etc/passwd', 'utf8')));
  } catch {
    return undefined; // a container without accounts: the controller stays root
  }
}

function parseInterval(seconds: number): number {
  if (Number.isFinite(seconds) && seconds >= 0.1 && seconds <= 60) return seconds;
  throw new WcaError('INVALID_ARGUMENT', { subject: '--interval', message: 'must be 0.1 to 60 seconds' });
}

function parsePort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new WcaError('INVALID_ARGUMENT', { subject: '--port', message: 'must be a whole number from 0 to 65535' });
}

function parseConfigFile(name: string): string {
  const file = resolve(name);
  if (existsSync(file)) return file;
  throw new WcaError('INVALID_ARGUMENT', { subject: '--config', message: `there is no file ${file}` });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
