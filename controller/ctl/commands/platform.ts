import { runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderPlatform } from '../views/platform-view.ts';
import type { Cli } from './cli.ts';

/** `wca-ctl platform`: what the collector knows of its host. */
export function addPlatform(cli: Cli): void {
  cli.command(
    'platform',
    'The host: CPUs, NUMA nodes, cgroup layout, capabilities',
    (command) =>
      command.example('$0 platform', 'this host').example("$0 platform -o json | jq '.cpus'", 'for programs'),
    (args) =>
      runCommand(args, async (context) => {
        const platform = await context.collector().getPlatform();
        if (context.json) context.writeDocument(platform);
        else context.writeLines(renderPlatform(platform, context.style));
        return exitCodes.ok;
      }),
  );
}
