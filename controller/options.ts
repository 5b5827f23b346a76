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
      default: 'stdout' as const,
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
    .option('root', { alias: '0', type: 'boolean', default: false, describe: 'allow to run as root' })
    .example('$0 -c /etc/wca/config.yaml', 'with the collector of this host')
    .example('$0 -c $PWD/examples/host.yaml --root --iterations 3 -l wca:debug', 'three iterations, talkative')
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
    logOutput: parsed['log-output'],
    register: parsed.register ?? [],
  };
}

/** Long options; `log` is an exact name, so that the original's `--log` is not ambiguous. */
const longOptions = [
  ...['config', 'collector', 'admin', 'iterations', 'user', 'log-level', 'log', 'log-output', 'register', 'root'],
  ...['tls-ca', 'tls-cert', 'tls-key'],
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
