import { runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderTasks } from '../views/task-view.ts';
import { type Cli, nodeOption } from './cli.ts';

/** `wca-ctl tasks`: what the controller measures. */
export function addTasks(cli: Cli): void {
  cli.command(
    'tasks',
    'The tasks the controller found',
    (command) =>
      command
        .option('node', nodeOption)
        .example('$0 tasks', 'a table')
        .example("$0 tasks -o json | jq '.tasks[].name'", 'for programs'),
    (args) =>
      runCommand(args, async (context) => {
        const { tasks } = await context.controller().listTasks();
        const found = { tasks: args.node === '' ? tasks : tasks.filter(({ node }) => node === args.node) };
        if (context.json) context.writeDocument(found);
        else if (found.tasks.length === 0) context.note('the controller has found no task yet');
        else context.writeLines(renderTasks(found.tasks, context.style));
        return exitCodes.ok;
      }),
  );
}
