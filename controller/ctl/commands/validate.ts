import { resolve } from 'node:path';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { type CommandContext, errorDocument, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { checkConfiguration } from '../local-components.ts';
import { marksOf, paint } from '../style.ts';
import { cleanText } from '../text-width.ts';
import type { Cli } from './cli.ts';

/** `wca-ctl validate FILE`: everything that is wrong with a configuration, without a running controller. */
export function addValidate(cli: Cli): void {
  cli.command(
    'validate <file>',
    'Check a configuration and name everything that is wrong with it',
    (command) =>
      command
        .positional('file', { type: 'string', demandOption: true, describe: 'YAML of the controller' })
        .option('register', {
          alias: 'r',
          type: 'string',
          array: true,
          requiresArg: true,
          default: [],
          describe: 'plugin the configuration uses, as for wca-controller',
        })
        .example('$0 validate /etc/wca/config.yaml', 'exit status 1 when something is wrong')
        .example('$0 validate my.yaml -o json | jq .error.message', 'for programs'),
    (args) => runCommand(args, (context) => validate(context, args.file, args.register.map(String))),
  );
}

async function validate(context: CommandContext, name: string, plugins: readonly string[]): Promise<number> {
  const file = resolve(name);
  try {
    const { deprecations } = await checkConfiguration(file, plugins);
    if (context.json) context.writeDocument({ file, valid: true, deprecations });
    else {
      const { style } = context;
      const notes = deprecations.map((note) => `  ${paint('old', 'warn', style)} ${cleanText(note)}`);
      context.writeLines([`${paint(marksOf(style).yes, 'good', style)} ${cleanText(file)} is valid`, ...notes]);
    }
    return exitCodes.ok;
  } catch (thrown) {
    if (!(thrown instanceof WcaError) || thrown.code !== 'INVALID_CONFIG' || !context.json) throw thrown;
    context.writeDocument({ file, valid: false, error: errorDocument(thrown) });
    return exitCodes.failed;
  }
}
