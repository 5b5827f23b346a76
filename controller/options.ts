import yargs from 'yargs';
import { WcaError } from '../shared/errors/wca-error.ts';
import { type LogOptions, parseLevel } from '../shared/log/logger.ts';
import { apiVersion } from '../shared/rpc/version.ts';
import type { GivenFiles } from '../shared/tls/client-files.ts';

type Levels = LogOptions['levels'];

export interface ControllerOptions {
  readonly config: string;
  readonly collector: string;
  /** For a collector of another host. */
  readonly tls: GivenFiles;
  readonly admin: string;
  readonly iterations: number | undefined;
  /** Name or number of the user to become. */
  readonly user: string | undefined;
  readonly root: boolean;
  /** Module → level, of the command line. */
  readonly levels: Levels;
  readonly logOutput: 'stdout' | 'stderr';
  readonly register: readonly string[];
  /** A recording to be played to the runner, in the place of a collector. */
  readonly replay: string | undefined;
  /** Seconds of the recording in one second; undefined: as fast as it goes. */
  readonly speed: number | undefined;
  /** Whether storages store what is replayed. */
  readonly store: boolean;
}

const usageError = 2;

/** The command line (spec config §2.1). Prints help or version, or a usage error with exit status 2, and ends then. */
export async function parseCommandLine(args: readonly string[]): Promise<ControllerOptions> {
  const parsed = await yargs([...expandAbbreviations(args)])
    .scriptName('wca-controller')
    .usage('$0 -c FILE [options]\n\nDiscovers, measures through a collector, and stores what the configuration says.')
    .option('config', {
      alias: 'c',
      type: 'string',
      demandOption: true,
      requiresArg: true,
      describe: 'YAML configuration, absolute path',
    })
    .option('collector', {
      type: 'string',
      default: 'unix:/run/wca/collector.sock',
      requiresArg: true,
      describe: 'unix:PATH of its socket, or tls:HOST:PORT of another host',
    })
    .option('tls-ca', { type: 'string', requiresArg: true, describe: 'authorities of collectors of other hosts, PEM' })
    .option('tls-cert', { type: 'string', requiresArg: true, describe: 'certificate to show them, PEM' })
    .option('tls-key', { type: 'string', requiresArg: true, describe: 'its key' })
    .option('admin', {
      type: 'string',
      default: 'unix:/run/wca/controller.sock',
      requiresArg: true,
      describe: 'socket for wca-ctl',
    })
    .option('iterations', { type: 'number', requiresArg: true, describe: 'end after so many iterations' })
    .option('user', { type: 'string', requiresArg: true, describe: 'become this user before connecting anywhere' })
    .option('log-level', {
      alias: ['l', 'log'],
      type: 'string',
      array: true,
      requiresArg: true,
      nargs: 1,
      describe: '[module:]level, repeatable',
    })
    .option('log-output', {
      choices: ['stdout', 'stderr'] as const,
      defaultDescription: 'stdout, with --replay stderr',
      describe: 'where logs go',
    })
    .option('register', {
      alias: 'r',
      type: 'string',
      array: true,
      requiresArg: true,
      nargs: 1,
      describe: 'plugin: package or path[:export], repeatable',
    })
    .option('replay', {
      type: 'string',
      requiresArg: true,
      describe: 'file of wca-ctl record: runs on it, without a collector, and tells what was found',
    })
    .option('speed', {
      type: 'string',
      requiresArg: true,
      describe: 'of a replay: seconds of the recording in a second, or max [max]',
    })
    .option('store', { type: 'boolean', default: true, describe: 'of a replay: --no-store stores nothing' })
    .option('root', { alias: '0', type: 'boolean', default: false, describe: 'allow to run as root' })
    .example('$0 -c /etc/wca/config.yaml', 'with the collector of this host')
    .example('$0 -c $PWD/examples/host.yaml --root --iterations 3 -l wca:debug', 'three iterations, talkative')
    .example('$0 -c my.yaml --replay incident.wcarec --no-store', 'what my.yaml would have found and allocated')
    .version('version', `wca-controller ${apiVersion.software}`)
    .alias('version', 'v')
    .alias('help', 'h')
    .strict()
    .parserConfiguration({ 'duplicate-arguments-array': true })
    .fail((message, error, cli) => {
      process.stderr.write(`wca-controller: ${message ?? error.message}\n\n`);
      cli.showHelp('error');
      process.exit(usageError);
    })
    .parseAsync();
  return {
    config: last(parsed.config),
    collector: last(parsed.collector),
    tls: { ca: parsed['tls-ca'], cert: parsed['tls-cert'], key: parsed['tls-key'] },
    admin: last(parsed.admin),
    iterations: checkIterations(parsed.iterations),
    user: parsed.user,
    root: parsed.root,
    levels: parseLevels(parsed['log-level'] ?? []),
    logOutput: parsed['log-output'] ?? (parsed.replay === undefined ? 'stdout' : 'stderr'),
    register: parsed.register ?? [],
    replay: parsed.replay,
    speed: checkSpeed(parsed),
    store: parsed.store,
  };
}

/** Long options; `log` is an exact name, so that the original's `--log` is not ambiguous. */
const longOptions = [
  ...['config', 'collector', 'admin', 'iterations', 'user', 'log-level', 'log', 'log-output', 'register', 'root'],
  ...['tls-ca', 'tls-cert', 'tls-key'],
  ...['replay', 'speed', 'store', 'no-store'],
  ...['version', 'help'],
];

/** `--conf FILE` → `--config FILE`: as in the original any unambiguous beginning of a long option will do. Pure. */
export function expandAbbreviations(args: readonly string[]): readonly string[] {
  return args.map((arg) => {
    const [, name, rest = ''] = /^--([a-z-]+)(=.*)?$/s.exec(arg) ?? [];
    if (name === undefined || longOptions.includes(name)) return arg;
    const [only, ...others] = longOptions.filter((option) => option.startsWith(name));
    return only !== undefined && others.length === 0 ? `--${only}${rest}` : arg;
  });
}

/** Of an option given twice the last one counts, as in the original. */
function last(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : (value.at(-1) ?? '');
}

function checkIterations(iterations: number | undefined): number | undefined {
  if (iterations === undefined || (Number.isSafeInteger(iterations) && iterations > 0)) return iterations;
  throw new WcaError('INVALID_ARGUMENT', {
    subject: '--iterations',
    message: `${iterations} is no number of iterations`,
    remedy: 'give a whole number from 1 on',
  });
}

/** What is for a replay only is a mistake without one. */
function checkSpeed(given: {
  readonly replay: string | undefined;
  readonly speed: string | undefined;
  readonly store: boolean;
}): number | undefined {
  const { replay, speed, store } = given;
  if (replay === undefined && (speed !== undefined || !store)) {
    const subject = speed === undefined ? '--no-store' : '--speed';
    throw new WcaError('INVALID_ARGUMENT', { subject, message: 'is for a replay', remedy: 'give --replay FILE' });
  }
  if (speed === undefined || speed === 'max') return undefined;
  const factor = Number(speed);
  if (speed.trim() !== '' && factor > 0 && factor <= 1e6) return factor;
  throw new WcaError('INVALID_ARGUMENT', {
    subject: '--speed',
    message: `${JSON.stringify(speed)} is no speed`,
    remedy: 'give a number above 0, 10 for ten times as fast, or max',
  });
}

/** `info`, `wca.nodes:debug`, `:warning` (everything); the last one of a module counts. What is not named logs at info. */
export function parseLevels(texts: readonly string[]): Levels {
  const levels = new Map<string, NonNullable<ReturnType<typeof parseLevel>>>();
  for (const text of texts) {
    const parts = text.split(':');
    const [module, name] = parts.length === 1 ? ['wca', text] : parts;
    const level = parts.length > 2 ? undefined : parseLevel(name ?? '');
    if (level === undefined) {
      throw new WcaError('INVALID_CONFIG', {
        subject: `--log-level ${text}`,
        message: 'is not of the form [module:]level',
        remedy: 'levels: critical, error, warning, info, debug, trace',
      });
    }
    levels.set(module ?? '', level);
  }
  return levels;
}
