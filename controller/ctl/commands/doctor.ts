import { WcaError } from '../../../shared/errors/wca-error.ts';
import { askHost } from '../ask-host.ts';
import { type CommandContext, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderDoctor } from '../views/doctor-view.ts';
import type { Cli } from './cli.ts';

/** `wca-ctl doctor`: what this host can and cannot measure, why, and what would help. */
export function addDoctor(cli: Cli): void {
  cli.command(
    'doctor',
    'What this host can and cannot measure, why, and the remedy',
    (command) =>
      command
        .option('require', {
          type: 'string',
          array: true,
          requiresArg: true,
          default: [],
          describe: 'capabilities that must be there; exit status 3 when one is not',
        })
        .example('sudo $0 doctor', 'asks the collector, or one started for it')
        .example('sudo $0 doctor --require perf.hardware', 'for scripts'),
    (args) => runCommand(args, (context) => runDoctor(context, args.require.map(String))),
  );
}

async function runDoctor(context: CommandContext, required: readonly string[]): Promise<number> {
  const platform = await askHost(context);
  if (context.json) context.writeDocument(platform);
  else context.writeLines(renderDoctor(platform, context.style));
  const missing = required.filter(
    (name) => !platform.capabilities.some((found) => found.name === name && found.available),
  );
  if (missing.length === 0) return exitCodes.ok;
  throw new WcaError('FEATURE_ABSENT', { subject: platform.hostname, message: `cannot measure ${missing.join(', ')}` });
}
