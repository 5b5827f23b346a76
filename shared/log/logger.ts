import { type DestinationStream, destination, type Level, type Logger, pino } from 'pino';
import { journalDestination } from './journal.ts';
import { prettyDestination } from './pretty.ts';

export type { Logger };

/** The original's level names (spec config §2.4) and what they are called here. */
const levelNames: Readonly<Record<string, Level | 'silent'>> = {
  critical: 'fatal',
  fatal: 'fatal',
  error: 'error',
  warning: 'warn',
  warn: 'warn',
  info: 'info',
  debug: 'debug',
  trace: 'trace',
  notset: 'trace',
};

/** `warning` → `warn`; undefined for a name that is no level. Case does not matter. */
export function parseLevel(text: string): Level | 'silent' | undefined {
  const name = text.toLowerCase();
  return Object.hasOwn(levelNames, name) ? levelNames[name] : undefined;
}

export interface LogOptions {
  /** Module → level: `{ wca: 'info', 'wca.runners': 'debug' }`; the longest matching prefix wins, '' is everything. */
  readonly levels: ReadonlyMap<string, Level | 'silent'>;
  /** File descriptor: 1 or 2. */
  readonly fd: 1 | 2;
  /** People read it: coloured lines instead of JSON. */
  readonly pretty: boolean;
  /** The descriptor is the journal's: lines have their priority. */
  readonly journal?: boolean;
}

/** Warnings and errors logged by one module since start. */
export interface LogCount {
  readonly module: string;
  readonly warnings: number;
  readonly errors: number;
}

/** Makes the loggers of one process. Made by `main`, passed down; each module asks once for its own logger. */
export class LogFactory {
  readonly #root: Logger;
  readonly #loggers = new Map<string, Logger>();
  readonly #counts = new Map<string, { warnings: number; errors: number }>();
  #levels: ReadonlyMap<string, Level | 'silent'>;

  constructor(options: LogOptions, stream?: DestinationStream) {
    this.#levels = options.levels;
    const out = destination({ fd: options.fd, sync: true });
    const count = (module: unknown, level: number): void => this.#count(String(module), level);
    this.#root = pino(
      {
        level: 'trace',
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        hooks: {
          // Called only for what passes the level, as the original counts it (spec measurements §8.3).
          logMethod(args, method, level) {
            count(this.bindings()['module'], level);
            method.apply(this, args);
          },
        },
      },
      stream ?? chooseDestination(out, options),
    );
  }

  /** The logger of a dotted module name: `wca.runners.measurement`. */
  logger(module: string): Logger {
    const known = this.#loggers.get(module);
    if (known !== undefined) return known;
    const logger = this.#root.child({ module }, { level: this.#levelOf(module) });
    this.#loggers.set(module, logger);
    return logger;
  }

  /** Replaces the levels (the `loggers` section of a configuration, `-l`); known loggers follow. */
  setLevels(levels: ReadonlyMap<string, Level | 'silent'>): void {
    this.#levels = levels;
    for (const [module, logger] of this.#loggers) logger.level = this.#levelOf(module);
  }

  /** Modules that logged anything, ascending (spec measurements §8.3). */
  counts(): readonly LogCount[] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([module, count]) => ({ module, ...count }));
  }

  #levelOf(module: string): Level | 'silent' {
    for (let name = module; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
      const level = this.#levels.get(name);
      if (level !== undefined) return level;
    }
    return this.#levels.get('') ?? 'info';
  }

  #count(module: string, level: number): void {
    const counted = this.#counts.get(module) ?? { warnings: 0, errors: 0 };
    this.#counts.set(module, counted);
    if (level === pino.levels.values['warn']) counted.warnings += 1;
    if (level === pino.levels.values['error']) counted.errors += 1;
  }
}

function chooseDestination(out: DestinationStream, { pretty, journal = false }: LogOptions): DestinationStream {
  if (pretty) return prettyDestination(out);
  return journal ? journalDestination(out) : out;
}
