import { runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { type Cli, nodeOption } from './cli.ts';

/** `wca-ctl metrics [NAME..]`: the latest batch in the Prometheus text format. */
export function addMetrics(cli: Cli): void {
  cli.command(
    'metrics [names..]',
    'The latest metrics in the Prometheus text format',
    (command) =>
      command
        .positional('names', { type: 'string', array: true, default: [], describe: 'only these metrics' })
        .option('node', nodeOption)
        .example('$0 metrics', 'all of them')
        .example('$0 metrics task_cpu_usage_seconds wca_up', 'two of them'),
    (args) =>
      runCommand(args, async (context) => {
        const names = args.names.map(String);
        const metrics = await context.controller().getMetrics(names, args.node);
        if (context.json) context.writeDocument(metrics);
        else process.stdout.write(metrics.exposition);
        if (metrics.exposition !== '') return exitCodes.ok;
        context.note(names.length === 0 ? 'there are no metrics yet' : `there is no metric ${names.join(', ')}`);
        return exitCodes.failed;
      }),
  );
}
