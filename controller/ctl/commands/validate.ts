import { resolve } from 'node:path';
import { toWcaError, WcaError } from '../../../shared/errors/wca-error.ts';
import type { CollectorEntry } from '../../config/collectors-key.ts';
import { marksOf, paint, type Style } from '../../terminal/style.ts';
import { cleanText } from '../../terminal/text-width.ts';
import { askHost } from '../ask-host.ts';
import { type CommandContext, errorDocument, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatQuantity } from '../format.ts';
import { checkConfiguration, listCollectors } from '../local-components.ts';
import type { Platform } from '../peers.ts';
import {
  type JudgedNeed,
  judgeNeeds,
  renderComponents,
  renderNeeds,
  type UsedComponent,
  usedComponents,
} from '../views/validate-view.ts';
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
        .option('host', {
          type: 'boolean',
          default: true,
          describe: 'say what this host lacks of what the file needs; --no-host: look at the file only',
        })
        .example('$0 validate /etc/wca/config.yaml', 'exit status 1 when something is wrong')
        .example('$0 validate --no-host new.yaml', 'on another machine than the one it is for')
        .example('$0 validate my.yaml -o json | jq .error.message', 'for programs'),
    (args) =>
      runCommand(args, (context) =>
        validate(context, { file: resolve(args.file), plugins: args.register.map(String), askHost: args.host }),
      ),
  );
}

interface ValidateOptions {
  readonly file: string;
  readonly plugins: readonly string[];
  readonly askHost: boolean;
}

async function validate(context: CommandContext, options: ValidateOptions): Promise<number> {
  const { file, plugins } = options;
  try {
    const { deprecations, components, collectors: key } = await checkConfiguration(file, plugins);
    const collectors = key === undefined ? undefined : await listCollectors(key);
    const needs = components.flatMap((component) => component.needs());
    // What the hosts of a fleet have is not what this one has.
    const asks = options.askHost && needs.length > 0 && collectors === undefined;
    const host = asks ? await findHost(context) : undefined;
    const judged = judgeNeeds(needs, host);
    const found = { file, deprecations, collectors, components: usedComponents(components), needs: judged, host };
    if (context.json) {
      const { host: _, ...told } = found;
      context.writeDocument({ ...told, valid: true, hostname: host?.hostname ?? '' });
    } else {
      context.writeLines(render(found, context.style));
    }
    return exitCodes.ok;
  } catch (thrown) {
    if (!(thrown instanceof WcaError) || thrown.code !== 'INVALID_CONFIG' || !context.json) throw thrown;
    context.writeDocument({ file, valid: false, error: errorDocument(thrown) });
    return exitCodes.failed;
  }
}

/** undefined, and why, when there is no collector to ask: the file is judged all the same. */
async function findHost(context: CommandContext): Promise<Platform | undefined> {
  try {
    return await askHost(context);
  } catch (thrown) {
    const { message, remedy } = toWcaError(thrown, 'collector');
    context.note(`what this host has is not known: ${message}${remedy === undefined ? '' : ` (${remedy})`}`);
    return undefined;
  }
}

interface Found {
  readonly file: string;
  readonly deprecations: readonly string[];
  /** undefined: the one collector of the controller's command line is followed. */
  readonly collectors: readonly CollectorEntry[] | undefined;
  readonly components: readonly UsedComponent[];
  readonly needs: readonly JudgedNeed[];
  readonly host: Platform | undefined;
}

function render({ file, deprecations, collectors, components, needs, host }: Found, style: Style): readonly string[] {
  const old = deprecations.map((note) => `  ${paint('old', 'warn', style)} ${cleanText(note)}`);
  return [
    `${paint(marksOf(style).yes, 'good', style)} ${cleanText(file)} is valid`,
    ...old,
    ...(old.length === 0 ? [] : [`  ${paint('wca-ctl migrate rewrites what is old', 'faint', style)}`]),
    ...(collectors === undefined ? [] : [`  follows ${formatQuantity(collectors.length, 'collector')}`]),
    ...renderComponents(components, style),
    ...(host === undefined ? [] : renderNeeds(needs, host.hostname, style)),
  ];
}
