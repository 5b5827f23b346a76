import { WcaError } from '../../../shared/errors/wca-error.ts';
import { confirm, mayAsk } from '../confirm.ts';
import { type CommandContext, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { pickTargets } from '../pick-targets.ts';
import { askingOf, exitCodeOfResults, writeResults } from '../results.ts';
import type { Cli } from './cli.ts';

interface RestoreArgs {
  readonly tasks: readonly string[];
  readonly all: boolean;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
}

/** `wca-ctl restore`: the originals come back. */
export function addRestore(cli: Cli): void {
  cli.command(
    'restore [tasks..]',
    'Put the original values back',
    (command) =>
      command
        .positional('tasks', {
          type: 'string',
          array: true,
          default: [],
          describe: 'tasks, or cgroups beginning with /',
        })
        .options({
          all: { type: 'boolean', default: false, describe: 'everything that was allocated' },
          force: { type: 'boolean', default: false, describe: 'also what somebody else changed since' },
          'dry-run': { type: 'boolean', default: false, describe: 'only show what would be written' },
          yes: { alias: 'y', type: 'boolean', default: false, describe: 'do not ask' },
        })
        .example('$0 restore redis-0', 'one task as it was before WCA touched it')
        .example('$0 restore --all --dry-run', 'what would be put back')
        .epilogue('A controller that allocates will allocate again: wca-ctl hold keeps it from that.'),
    (args) =>
      runCommand(args, (context) => {
        const { all, force, dryRun, yes } = args;
        return restore(context, { tasks: args.tasks.map(String), all, force, dryRun, yes });
      }),
  );
}

async function restore(context: CommandContext, { tasks, all, force, dryRun, yes }: RestoreArgs): Promise<number> {
  if (all === tasks.length > 0) {
    const message = all ? 'give tasks or --all, not both' : 'which tasks?';
    throw new WcaError('INVALID_ARGUMENT', {
      subject: 'restore',
      message,
      remedy: 'name tasks or cgroups, or give --all',
    });
  }
  const asking = askingOf(context, yes);
  const asks = !dryRun && mayAsk(asking);
  const collector = context.collector();
  const targets = await pickTargets(tasks, () => context.listTasks());
  const which = { cgroupPaths: targets.map(({ cgroupPath }) => cgroupPath), all };
  if (asks) {
    const planned = await collector.restore(which, { force, dryRun: true });
    if (planned.length > 0) {
      writeResults(context, planned);
      if (!(await confirm('Put these originals back?', asking))) return exitCodes.failed;
    }
  }
  const results = await collector.restore(which, { force, dryRun });
  if (results.length === 0 && !context.json) context.note('nothing was allocated there');
  writeResults(context, results);
  return exitCodeOfResults(results);
}
