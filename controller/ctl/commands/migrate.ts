import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { toWcaError, WcaError } from '../../../shared/errors/wca-error.ts';
import type { Change } from '../../config/migrate/migrate.ts';
import { paint, type Style } from '../../terminal/style.ts';
import { cleanText } from '../../terminal/text-width.ts';
import { type CommandContext, errorDocument, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { builtinRegistry } from '../local-components.ts';
import { replaceFileKeepingOld } from '../replace-file.ts';
import type { Cli } from './cli.ts';

interface MigrateOptions {
  readonly file: string;
  readonly from: 'seed' | 'head';
  readonly write: boolean;
  readonly check: boolean;
}

/** `wca-ctl migrate FILE`: a configuration of the original in today's spelling. */
export function addMigrate(cli: Cli): void {
  cli.command(
    'migrate <file>',
    "A configuration of the original in today's spelling, comments kept",
    (command) =>
      command
        .positional('file', { type: 'string', demandOption: true, describe: 'YAML of the controller, old or new' })
        .option('from', {
          choices: ['seed', 'head'] as const,
          default: 'seed' as const,
          requiresArg: true,
          describe: 'what it was written for; head, of November 2020, had other defaults, which are written out',
        })
        .option('write', {
          alias: 'w',
          type: 'boolean',
          default: false,
          describe: 'change the file; the old one stays as FILE.orig',
        })
        .option('check', {
          type: 'boolean',
          default: false,
          describe: 'write nothing; exit status 1 if anything is old',
        })
        .example('$0 migrate old.yaml > new.yaml', 'what is changed is told on stderr')
        .example('$0 migrate --write --from head /etc/wca/config.yaml', 'in place'),
    ({ file, from, write, check, ...args }) =>
      runCommand(args, (context) => migrate(context, { file, from, write, check })),
  );
}

async function migrate(context: CommandContext, { file, from, write, check }: MigrateOptions): Promise<number> {
  if (write && check) {
    throw new WcaError('INVALID_ARGUMENT', { subject: '--check', message: 'writes nothing, --write does: give one' });
  }
  const path = resolve(file);
  const before = readText(path);
  const { migrateConfiguration } = await import('../../config/migrate/migrate.ts');
  const registry = await builtinRegistry();
  const { text, changes } = migrateConfiguration({ text: before, registry, fromHead: from === 'head' });
  const problem = await findProblem(path, text);
  if (write && text !== before) replaceFileKeepingOld(path, text);
  if (context.json) {
    const error = problem === undefined ? {} : { error: errorDocument(problem) };
    context.writeDocument({ file: path, changed: text !== before, changes, text, ...error });
  } else {
    if (!write && !check) process.stdout.write(text);
    tell(context, { path, changes, written: write && text !== before, problem });
  }
  return check && changes.length > 0 ? exitCodes.failed : exitCodes.ok;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw toWcaError(thrown, path, 'INVALID_CONFIG');
  }
}

/** What the controller would say of the new text, its plugins and the safety of the file aside. */
async function findProblem(path: string, text: string): Promise<WcaError | undefined> {
  const { checkText } = await import('../local-components.ts');
  try {
    await checkText(path, text);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof WcaError && thrown.code === 'INVALID_CONFIG') return thrown;
    throw thrown;
  }
}

interface Outcome {
  readonly path: string;
  readonly changes: readonly Change[];
  readonly written: boolean;
  readonly problem: WcaError | undefined;
}

/** On stderr: stdout has the text. */
function tell(context: CommandContext, { path, changes, written, problem }: Outcome): void {
  const { style } = context;
  const lines = [
    ...(changes.length === 0
      ? [`${cleanText(path)}: nothing to migrate`]
      : changes.map((change) => line(change, style))),
    ...(written ? [`${cleanText(path)} is written, the old one is ${cleanText(path)}.orig`] : []),
    ...(problem === undefined ? [] : ['', 'What is left to mend:', ...problem.message.split('\n').map(cleanText)]),
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}

function line({ at, text, byHand }: Change, style: Style): string {
  const place = paint(`${at.line}:${at.column}`.padStart(7), 'faint', style);
  return `${place}  ${byHand ? paint('by hand: ', 'warn', style) : ''}${cleanText(text)}`;
}
