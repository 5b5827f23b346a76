import { toWcaError, WcaError } from '../../../shared/errors/wca-error.ts';
import type { Component__Output as Component } from '../../../shared/rpc/gen/wca/v1/Component.ts';
import { describeComponents } from '../../config/describe.ts';
import { type CommandContext, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { builtinRegistry } from '../local-components.ts';
import { renderComponent, renderComponents } from '../views/component-view.ts';
import type { Cli } from './cli.ts';

/** `wca-ctl components [NAME]`: what a configuration can name. */
export function addComponents(cli: Cli): void {
  cli.command(
    'components [name]',
    'The components a configuration can name, and their parameters',
    (command) =>
      command
        .positional('name', { type: 'string', describe: 'everything about this one' })
        .example('$0 components', 'all of them')
        .example('$0 components CgroupNode', 'one with its parameters'),
    (args) => runCommand(args, (context) => showComponents(context, args.name?.replace(/^!/, ''))),
  );
}

async function showComponents(context: CommandContext, name: string | undefined): Promise<number> {
  const all = await listComponents(context);
  const components = name === undefined ? all : all.filter((component) => component.name === name);
  if (name !== undefined && components.length === 0) {
    throw new WcaError('INVALID_ARGUMENT', {
      subject: name,
      message: 'there is no such component',
      remedy: `one of ${all.map((component) => component.name).join(', ')}`,
    });
  }
  if (context.json) context.writeDocument({ components });
  else if (name === undefined) context.writeLines(renderComponents(components, context.style));
  else context.writeLines(components.flatMap((component) => renderComponent(component, context.style)));
  return exitCodes.ok;
}

/** The running controller knows its plugins too; without one there is what is built in. */
async function listComponents(context: CommandContext): Promise<readonly Component[]> {
  try {
    return (await context.controller().listComponents('')).components;
  } catch (thrown) {
    const { code } = toWcaError(thrown, 'controller');
    if (code !== 'UNAVAILABLE' && code !== 'PEER_DENIED') throw thrown;
    return describeComponents(await builtinRegistry());
  }
}
