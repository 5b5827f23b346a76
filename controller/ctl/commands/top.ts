import { WcaError } from '../../../shared/errors/wca-error.ts';
import { paint, type Style } from '../../terminal/style.ts';
import { cleanText } from '../../terminal/text-width.ts';
import { type CommandContext, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { toDocument } from '../json.ts';
import { LiveTable } from '../live-table.ts';
import { onStopSignal } from '../stop-signal.ts';
import { renderSummary, renderTopTable } from '../views/top-view.ts';
import { keepReadingUsage, readUsage, type Usage } from '../watch-usage.ts';
import { type Cli, nodeOption } from './cli.ts';

/** `wca-ctl top`: what each task consumes, live. */
export function addTop(cli: Cli): void {
  cli.command(
    'top',
    'What each task consumes, live',
    (command) =>
      command
        .option('iterations', { alias: 'n', type: 'number', requiresArg: true, describe: 'end after so many tables' })
        .option('node', nodeOption)
        .example('$0 top', 'live table; keys: q c m i f, arrows')
        .example('$0 top -n 2 | cat', 'two plain tables')
        .example("$0 top -o json | jq '.tasks[] | .name, .cpuCores'", 'one document a line'),
    (args) =>
      runCommand(args, (context) => runTop(context, { node: args.node, iterations: parseIterations(args.iterations) })),
  );
}

/** Undefined: without end. Throws INVALID_ARGUMENT. */
export function parseIterations(value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return value;
  throw new WcaError('INVALID_ARGUMENT', { subject: '--iterations', message: 'must be a whole number above 0' });
}

interface TopOptions {
  /** Of which host, where the controller follows several. */
  readonly node: string;
  readonly iterations: number | undefined;
}

async function runTop(context: CommandContext, options: TopOptions): Promise<number> {
  const stop = new AbortController();
  const release = onStopSignal(() => stop.abort());
  try {
    // The first table is waited for without a screen, so that a controller that is down is a plain error.
    if (context.json || !process.stdout.isTTY) await printTables(context, options, stop);
    else {
      await context.controller().getStatus();
      await showLive(context, options, stop);
    }
  } finally {
    release();
  }
  return exitCodes.ok;
}

async function printTables(
  context: CommandContext,
  { node, iterations }: TopOptions,
  stop: AbortController,
): Promise<void> {
  let printed = 0;
  const print = (usage: Usage): void => {
    if (context.json) process.stdout.write(`${JSON.stringify(toDocument(usage))}\n`);
    else
      context.writeLines([
        ...plainHead(usage, printed, context.style),
        ...renderTopTable(usage, { sort: 'cpu', offset: 0 }, context.style),
      ]);
    printed += 1;
    if (printed === iterations) stop.abort();
  };
  await readUsage({ peer: context.controller(), node }, print, stop.signal);
}

function plainHead(usage: Usage, printed: number, style: Style): readonly string[] {
  return [...(printed === 0 ? [] : ['']), renderSummary(usage, style)];
}

async function showLive(
  context: CommandContext,
  { node, iterations }: TopOptions,
  stop: AbortController,
): Promise<void> {
  let trouble: string | undefined;
  let shown = 0;
  let features: readonly string[] = [];
  let hostname = '';
  const table = new LiveTable({
    style: context.style,
    head: (style) => [
      paint(cleanText([hostname, ...features].filter((part) => part !== '').join('  ')), 'heading', style),
    ],
    trouble: () => trouble,
    onQuit: () => stop.abort(),
  });
  table.start();
  const listener = {
    onUsage: (usage: Usage): void => {
      trouble = undefined;
      features = usage.features;
      hostname = usage.host?.hostname ?? '';
      table.show(usage);
      shown += 1;
      if (shown === iterations) stop.abort();
    },
    onTrouble: (error: WcaError): void => {
      trouble = `${error.subject}: ${error.message}, trying again`;
      table.redraw();
    },
  };
  try {
    await keepReadingUsage({ peer: context.controller(), node }, { listener, retryMs: 1000 }, stop.signal);
  } finally {
    table.stop({ keepLast: iterations !== undefined });
  }
}
