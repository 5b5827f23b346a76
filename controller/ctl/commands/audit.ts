import { type CommandContext, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { toDocument } from '../json.ts';
import { onStopSignal } from '../stop-signal.ts';
import { renderAuditRecord } from '../views/allocation-view.ts';
import type { Cli } from './cli.ts';

/** `wca-ctl audit`: who wrote what to the kernel. */
export function addAudit(cli: Cli): void {
  cli.command(
    'audit',
    'Who wrote what to the kernel, and why',
    (command) =>
      command
        .option('follow', {
          alias: 'f',
          type: 'boolean',
          default: false,
          describe: 'go on with what is written from now',
        })
        .example('$0 audit', 'what the collector remembers')
        .example("$0 audit -f -o json | jq 'select(.error)'", 'one document a line: what the kernel refuses'),
    (args) => runCommand(args, (context) => audit(context, args.follow)),
  );
}

async function audit(context: CommandContext, follow: boolean): Promise<number> {
  const collector = context.collector();
  const stream = collector.watchAudit(follow);
  const release = onStopSignal(() => stream.cancel());
  context.onBrokenPipe = () => stream.cancel();
  let count = 0;
  try {
    for await (const record of stream) {
      count += 1;
      if (context.json) process.stdout.write(`${JSON.stringify(toDocument(record))}\n`);
      else context.writeLines([renderAuditRecord(record, context.style)]);
    }
  } catch (thrown) {
    const error = collector.explain(thrown);
    if (error.code !== 'CANCELLED') throw error;
  } finally {
    release();
  }
  if (count === 0 && !context.json && !follow) context.note('nothing was written since the collector started');
  return exitCodes.ok;
}
