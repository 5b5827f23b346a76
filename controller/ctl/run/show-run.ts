import { setTimeout as sleep } from 'node:timers/promises';
import { formatLogLine } from '../../../shared/log/pretty.ts';
import type { CommandContext } from '../context.ts';
import { toDocument } from '../json.ts';
import { LiveTable } from '../live-table.ts';
import type { ControllerPeer, Platform } from '../peers.ts';
import { renderRunHead } from '../views/run-view.ts';
import { keepReadingUsage, type Usage } from '../watch-usage.ts';
import type { RunSession } from './run-session.ts';

export interface ShowOptions {
  readonly context: CommandContext;
  readonly session: RunSession;
  /** A live table; else the children write and here are only notes on stderr. */
  readonly live: boolean;
  /** The newest log line of a child. */
  readonly lines: { readonly last: { readonly name: string; readonly line: string } | undefined };
  readonly stop: AbortController;
  /** The last table stays on the terminal. */
  readonly keepLast: boolean;
}

/** How often a process that is starting is asked. */
const retryMs = 100;

/** Shows a session until `stop` aborts. */
export async function showRun(options: ShowOptions): Promise<void> {
  const { context, session, live, stop } = options;
  context.note(
    `export WCA_COLLECTOR=${session.folder.collectorAddress} WCA_CONTROLLER=${session.folder.controllerAddress}`,
  );
  const controller = context.controller(session.folder.controllerAddress);
  const collector = context.collector(session.folder.collectorAddress);
  if (live) {
    await showTable(options, controller, () => collector.getPlatform());
    return;
  }
  await Promise.all([
    retry(() => collector.getPlatform(), stop.signal).then((platform) => noteMissing(context, platform)),
    retry(() => readEndpoints(controller), stop.signal).then((endpoints) => {
      for (const endpoint of endpoints ?? []) context.note(`metrics at ${endpoint}`);
    }),
    context.json ? writeUsage(controller, stop.signal) : Promise.resolve(),
  ]);
  await ended(stop.signal);
}

async function showTable(
  { context, session, lines, stop, keepLast }: ShowOptions,
  controller: ControllerPeer,
  getPlatform: () => Promise<Platform>,
): Promise<void> {
  let platform: Platform | undefined;
  let endpoints: readonly string[] = [];
  const table = new LiveTable({
    style: context.style,
    head: (style) => renderRunHead({ platform, endpoints, folder: session.folder.path }, style),
    trouble: () => (lines.last === undefined ? undefined : formatTrouble(lines.last)),
    onQuit: () => stop.abort(),
  });
  table.start();
  const listener = { onUsage: (usage: Usage): void => table.show(usage), onTrouble: (): void => table.redraw() };
  try {
    await Promise.all([
      keepReadingUsage({ peer: controller, node: '' }, { listener, retryMs }, stop.signal),
      retry(getPlatform, stop.signal).then((answer) => {
        platform = answer;
        table.redraw();
      }),
      retry(() => readEndpoints(controller), stop.signal).then((answer) => {
        endpoints = answer ?? [];
        table.redraw();
      }),
    ]);
  } finally {
    table.stop({ keepLast });
  }
}

async function writeUsage(controller: ControllerPeer, signal: AbortSignal): Promise<void> {
  const listener = {
    onUsage: (usage: Usage): void => void process.stdout.write(`${JSON.stringify(toDocument(usage))}\n`),
    onTrouble: (): void => undefined,
  };
  await keepReadingUsage({ peer: controller, node: '' }, { listener, retryMs }, signal);
}

/** What this user may not measure: told once, with what would help. */
function noteMissing(context: CommandContext, platform: Platform | undefined): void {
  if (platform === undefined || process.getuid?.() === 0) return;
  const named = new Map<string, string[]>();
  for (const { name, available, reason, remedy } of platform.capabilities) {
    if (available) continue;
    const why = `${reason}${remedy === '' ? '' : ` (${remedy})`}`;
    named.set(why, [...(named.get(why) ?? []), name]);
  }
  for (const [why, names] of named) context.note(`not measured: ${names.join(', ')}: ${why}`);
}

/** Throws while the controller has not opened its endpoints. */
async function readEndpoints(controller: ControllerPeer): Promise<readonly string[]> {
  const { endpoints, iterations } = await controller.getStatus();
  if (endpoints.length === 0 && iterations === 0) throw new Error('not yet');
  return endpoints;
}

/** The first answer of a process that is starting; undefined when the signal comes first. */
async function retry<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const over = ended(signal).then(() => undefined);
  while (!signal.aborted) {
    try {
      return await Promise.race([ask(), over]);
    } catch {
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

/** `controller: 12:00:01.123 WARN  wca.nodes: cannot list tasks` without colours. */
function formatTrouble({ name, line }: { readonly name: string; readonly line: string }): string {
  return `${name}: ${stripColours(formatLogLine(line)).trim()}`;
}

function stripColours(text: string): string {
  return text.replaceAll(new RegExp(`${'\u001b'}\\[[0-9;]*m`, 'g'), '');
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
