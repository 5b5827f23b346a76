import { runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { pickTargets } from '../pick-targets.ts';
import { renderAllocations } from '../views/allocation-view.ts';
import type { Cli } from './cli.ts';

/** `wca-ctl allocations`: what is allocated, beside what the kernel has and what it had. */
export function addAllocations(cli: Cli): void {
  cli.command(
    'allocations [tasks..]',
    'What is allocated: current, target and original values',
    (command) =>
      command
        .positional('tasks', {
          type: 'string',
          array: true,
          default: [],
          describe: 'tasks, or cgroups beginning with /',
        })
        .example('$0 allocations', 'everything that was allocated')
        .example('$0 allocations redis-0 /batch/job-7', 'of a task and of a cgroup')
        .example("$0 allocations -o json | jq '.allocations[] | select(.problem)'", 'what others changed'),
    (args) =>
      runCommand(args, async (context) => {
        const targets = await pickTargets(args.tasks.map(String), () => context.listTasks());
        const found = await context.collector().listAllocations(targets.map(({ cgroupPath }) => cgroupPath));
        if (context.json) {
          context.writeDocument(found);
          return exitCodes.ok;
        }
        context.writeLines(renderAllocations(found, context.style));
        if (!found.enabled) context.note(`this collector does not allocate: ${found.disabledReason?.message ?? ''}`);
        else if (found.allocations.length === 0) context.note('nothing is allocated');
        return exitCodes.ok;
      }),
  );
}
