import { toWcaError } from '../../../shared/errors/wca-error.ts';
import { type CommandContext, errorDocument, runCommand } from '../context.ts';
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import { findRunFolders, runFolderBases } from '../run/run-folder.ts';
import { renderCollectorStatus, renderControllerStatus, renderDown } from '../views/status-view.ts';
import type { Cli } from './cli.ts';

/** `wca-ctl status`: both processes, also when one of them is down. */
export function addStatus(cli: Cli): void {
  cli.command(
    'status',
    'How the collector and the controller are doing',
    (command) =>
      command
        .example('$0 status', 'both processes')
        .example("$0 status -o json | jq '.collector.descriptors'", 'for programs'),
    (args) => runCommand(args, runStatus),
  );
}

/** A side that does not answer is an answer too: shown, and the worst decides the exit status. */
async function runStatus(context: CommandContext): Promise<number> {
  const collector = context.collector();
  const [collectorStatus, platform, controllerStatus] = await Promise.all([
    settle(collector.getStatus()),
    settle(collector.getPlatform()),
    settle(context.controller().getStatus()),
  ]);
  if (context.json) {
    context.writeDocument({
      collector: collectorStatus.ok ? collectorStatus.value : { error: errorDocument(collectorStatus.error) },
      controller: controllerStatus.ok ? controllerStatus.value : { error: errorDocument(controllerStatus.error) },
    });
  } else {
    const { style } = context;
    context.writeLines([
      ...(collectorStatus.ok
        ? renderCollectorStatus(
            { status: collectorStatus.value, platform: platform.ok ? platform.value : undefined },
            style,
          )
        : renderDown('collector', errorMessage(collectorStatus.error), style)),
      '',
      ...(controllerStatus.ok
        ? renderControllerStatus(controllerStatus.value, style)
        : renderDown('controller', errorMessage(controllerStatus.error), style)),
    ]);
  }
  if (!collectorStatus.ok) await tellOtherRuns(context);
  const codes = [collectorStatus, controllerStatus].map((outcome) =>
    outcome.ok ? exitCodes.ok : exitCodeOf(outcome.error),
  );
  return Math.max(...codes);
}

/** A `wca-ctl run` of this moment has sockets of its own. */
async function tellOtherRuns(context: CommandContext): Promise<void> {
  for (const { collectorAddress, controllerAddress } of await findRunFolders(
    runFolderBases(process.getuid?.() ?? 0, process.env),
  )) {
    context.note(
      `a wca-ctl run is going on: export WCA_COLLECTOR=${collectorAddress} WCA_CONTROLLER=${controllerAddress}`,
    );
  }
}

type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ReturnType<typeof toWcaError> };

async function settle<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work };
  } catch (thrown) {
    return { ok: false, error: toWcaError(thrown, 'wca-ctl') };
  }
}

function errorMessage({ code, subject, message, remedy = '', errno = '' }: ReturnType<typeof toWcaError>) {
  return { code, subject, message, remedy, errno };
}
