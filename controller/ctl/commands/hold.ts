import { WcaError } from '../../../shared/errors/wca-error.ts';
import { confirm, mayAsk } from '../confirm.ts';
import { type CommandContext, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { pickTargets } from '../pick-targets.ts';
import { askingOf } from '../results.ts';
import { renderHeld } from '../views/allocation-view.ts';
import type { Cli } from './cli.ts';

interface HoldArgs {
  readonly tasks: readonly string[];
  readonly all: boolean;
  readonly yes: boolean;
}

/** `wca-ctl hold` and `wca-ctl release`: whether anybody's allocation may touch a task. */
export function addHold(cli: Cli): void {
  const tasks = { type: 'string', array: true, default: [], describe: 'tasks, or cgroups beginning with /' } as const;
  cli.command(
    'hold [tasks..]',
    'Keep everybody from allocating to tasks; values stay as they are',
    (command) =>
      command
        .positional('tasks', tasks)
        .options({
          all: { type: 'boolean', default: false, describe: 'all tasks' },
          yes: { alias: 'y', type: 'boolean', default: false, describe: 'do not ask' },
        })
        .example('$0 hold redis-0', 'a task and everything below it')
        .example('$0 hold --all --yes && $0 restore --all --yes', 'WCA out of the way, at once'),
    (args) => runCommand(args, (context) => hold(context, { ...args, tasks: args.tasks.map(String) }, true)),
  );
  cli.command(
    'release [tasks..]',
    'Let tasks that are held be allocated to again',
    (command) =>
      command
        .positional('tasks', tasks)
        .option('all', { type: 'boolean', default: false, describe: 'all that are held' })
        .example('$0 release redis-0', 'what others changed meanwhile is its original from now on')
        .example('$0 release --all', 'nothing is held any more'),
    (args) =>
      runCommand(args, (context) => hold(context, { all: args.all, tasks: args.tasks.map(String), yes: true }, false)),
  );
}

async function hold(context: CommandContext, { tasks, all, yes }: HoldArgs, isHold: boolean): Promise<number> {
  if (all === tasks.length > 0) {
    throw new WcaError('INVALID_ARGUMENT', {
      subject: isHold ? 'hold' : 'release',
      message: all ? 'give tasks or --all, not both' : 'which tasks?',
      remedy: 'name tasks or cgroups, or give --all',
    });
  }
  const asking = askingOf(context, yes);
  if (isHold && all && mayAsk(asking)) {
    const question = 'Nobody can allocate to any task until wca-ctl release --all. Hold everything?';
    if (!(await confirm(question, asking))) return exitCodes.failed;
  }
  const targets = await pickTargets(tasks, () => context.listTasks());
  const which = { cgroupPaths: targets.map(({ cgroupPath }) => cgroupPath), all };
  const held = await context.collector().hold(which, isHold);
  if (context.json) context.writeDocument({ held });
  else if (held.length === 0) context.writeLines(['nothing is held']);
  else context.writeLines(renderHeld(held, context.style));
  return exitCodes.ok;
}
