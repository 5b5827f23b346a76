import { setTimeout as sleep } from 'node:timers/promises';
import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { CommandContext } from './context.ts';
import type { CollectorPeer, Platform } from './peers.ts';
import { makeRunFolder, removeRunFolder, runFolderBases } from './run/run-folder.ts';
import { collectorArgs } from './run/run-session.ts';
import { formatEnded, ServiceProcess } from './run/service-process.ts';

/** The running collector's answer; when none runs and we are root, that of one started for the question. */
export async function askHost(context: CommandContext): Promise<Platform> {
  try {
    return await context.collector().getPlatform();
  } catch (thrown) {
    const error = toWcaError(thrown, 'collector');
    if (error.code !== 'UNAVAILABLE' || process.getuid?.() !== 0) throw withDoctorRemedy(error);
    context.note('no collector is running, starting one for this question');
    return askPrivateCollector(context);
  }
}

function withDoctorRemedy(error: WcaError): WcaError {
  if (error.code !== 'UNAVAILABLE') return error;
  const { subject, message } = error;
  return new WcaError('UNAVAILABLE', {
    subject,
    message,
    remedy: 'as root this command starts one by itself: sudo wca-ctl doctor',
    cause: error,
  });
}

async function askPrivateCollector(context: CommandContext): Promise<Platform> {
  const folder = makeRunFolder(runFolderBases(0, process.env), undefined);
  const collector = new ServiceProcess({
    name: 'collector',
    module: '../../../collector/main.js',
    args: collectorArgs(folder, { user: undefined, logLevel: 'error' }),
    ownedFolder: folder.path,
    log: 'pass',
  });
  try {
    const endedEarly = collector.ended.then((ended) => {
      throw new WcaError('UNAVAILABLE', { subject: 'collector', message: `ended with ${formatEnded(ended)}` });
    });
    return await Promise.race([
      askUntilAnswered(context.collector(folder.collectorAddress), context.timeoutMs),
      endedEarly,
    ]);
  } finally {
    collector.terminate();
    const killer = setTimeout(() => collector.kill(), 1000);
    await collector.ended;
    clearTimeout(killer);
    removeRunFolder(folder.path);
  }
}

async function askUntilAnswered(collector: CollectorPeer, timeoutMs: number): Promise<Platform> {
  const giveUpMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await collector.getPlatform();
    } catch (thrown) {
      if (performance.now() > giveUpMs) throw thrown;
      await sleep(50);
    }
  }
}
