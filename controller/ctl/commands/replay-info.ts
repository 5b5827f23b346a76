import { openRecording } from '../../replay/open-recording.ts';
import { readRecordingInfo } from '../../replay/recording-info.ts';
import { type CommandContext, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { recordingDocument, renderRecording } from '../views/recording-view.ts';
import type { Cli } from './cli.ts';

/** `wca-ctl replay-info`: what a recording holds. */
export function addReplayInfo(cli: Cli): void {
  cli.command(
    'replay-info <file>',
    'What a recording holds: host, time, tasks, events',
    (command) =>
      command
        .positional('file', { type: 'string', demandOption: true, describe: 'written by wca-ctl record' })
        .example('$0 replay-info host.wcarec', 'reads and checks all of it'),
    (args) => runCommand(args, async (context) => showInfo(context, args.file)),
  );
}

function showInfo(context: CommandContext, file: string): number {
  const recording = openRecording(file, context.contract);
  try {
    const info = readRecordingInfo(recording);
    if (context.json) context.writeDocument(recordingDocument(info));
    else context.writeLines(renderRecording(info, context.style));
  } finally {
    recording.close();
  }
  return exitCodes.ok;
}
