import { existsSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatResult } from '../kit/test-results.ts';
import type { Bed } from './bed.ts';
import { boot, monitorOf, planBoot } from './boot.ts';
import type { Selection } from './choose.ts';
import { endAtReset, pressReset } from './monitor.ts';
import { duration, say } from './progress.ts';
import { FollowedFile, type GuestEvent, parseGuestEvent } from './results.ts';
import { inspectStalled, stallSeconds } from './stall.ts';

const pollMs = 250;

/** Shell script that the guest runs. --jitless: V8's generated code makes the emulation translate twice. */
function formatJob({ guest, tests }: Selection): string {
  const files = tests.map(({ name }) => `'dist/test/vm/tests/${name}'`).join(' ');
  return `cd /project
export NODE_OPTIONS=--jitless WCA_VM_GUEST=${guest.name}
exec node dist/test/vm/guest/run-tests.js /host ${files}
`;
}

export interface GuestRun {
  readonly bed: Bed;
  readonly project: string;
  readonly signal: AbortSignal;
}

/** How a guest ended: what went wrong with the machine, and what is told of tests that failed. */
export interface GuestOutcome {
  readonly name: string;
  readonly passed: boolean;
  readonly failures: readonly string[];
}

/**
 * Boots a guest, runs its tests, shows them as they end. An emulated machine that stands still is
 * shown and booted once more, for the files that are left.
 */
export async function runGuest(selection: Selection, run: GuestRun): Promise<GuestOutcome> {
  const startMs = performance.now();
  const { guest } = selection;
  say(`${guest.name}: ${guest.summary}`);
  const first = await bootOnce(selection, run);
  const left = first.stalled ? unfinished(selection, first.events) : [];
  if (left.length > 0) say(`${guest.name}: booting again for ${left.map(({ name }) => name).join(', ')}`);
  const last = left.length > 0 ? await bootOnce({ guest, tests: left }, run) : first;
  const { name } = guest;
  if (run.signal.aborted) return { name, passed: false, failures: [] };
  const events = last === first ? first.events : [...first.events, ...last.events];
  const count = (kind: GuestEvent['kind']) => events.filter((event) => event.kind === kind).length;
  const counts = `${count('pass')} passed, ${count('fail')} failed, ${count('skip')} skipped`;
  const passed = last.passed && count('fail') === 0;
  say(`${name}: ${passed ? 'passed' : 'FAILED'} in ${duration(startMs)}: ${counts}`);
  const failed = events.flatMap(({ kind, ...event }) => (kind === 'fail' ? [formatResult({ ...event, kind })] : []));
  return { name, passed, failures: last.trouble === undefined ? failed : [last.trouble, ...failed] };
}

/** From the last file on that was heard of. */
function unfinished({ tests }: Selection, events: readonly GuestEvent[]): Selection['tests'] {
  const heard = events.findLast(({ file }) => file !== '')?.file;
  const from = tests.findIndex(({ name }) => name === heard);
  return tests.slice(Math.max(0, from));
}

interface Boot {
  readonly events: readonly GuestEvent[];
  readonly passed: boolean;
  readonly trouble: string | undefined;
  readonly stalled: boolean;
}

async function bootOnce(selection: Selection, { bed, project, signal }: GuestRun): Promise<Boot> {
  const { guest } = selection;
  const image = bed.image(guest);
  const folder = mkdtempSync(join(bed.runs, `${guest.name}-`));
  writeFileSync(join(folder, 'job.sh'), formatJob(selection));
  const command = planBoot({ guest, image, project, folder, shim: guest.shim === undefined ? '' : bed.shim() });
  const ending = new AbortController();
  const booted = boot(command, bed.bootLock, AbortSignal.any([signal, ending.signal]));
  const events = await follow(folder, booted, ending);
  const { status, said } = await booted;
  const stalled = ending.signal.aborted;
  const trouble = stalled ? 'it stood still' : findTrouble(folder, { status, events });
  if (signal.aborted || trouble === undefined) {
    rmSync(folder, { recursive: true, force: true });
    return { events, passed: !signal.aborted, trouble, stalled: false };
  }
  say(`${guest.name}: ${trouble}\n${said}${tail(join(folder, 'console.log'))}`);
  say(`${guest.name}: the guest's console and files are in ${folder}`);
  return { events, passed: false, trouble, stalled };
}

/**
 * Shows what the guest tells, and resets it when a test asks, until it is off; `ending` is aborted when nothing comes
 * any more.
 */
async function follow(
  folder: string,
  booted: Promise<unknown>,
  ending: AbortController,
): Promise<readonly GuestEvent[]> {
  let startMs = performance.now();
  let heardMs = startMs;
  const file = new FollowedFile(join(folder, 'events.jsonl'));
  const [upFile, resetFile] = [join(folder, 'up'), join(folder, 'reset')];
  const events: GuestEvent[] = [];
  let running = true;
  let on = false; // before, another run has the lock
  let up = false;
  let wasReset = false;
  const ended = booted.finally(() => {
    running = false;
  });
  ended.catch(() => undefined);
  for (let last = false; !last; ) {
    last = !running; // one more look after the end
    if (!on && existsSync(join(folder, 'console.log'))) {
      on = true;
      heardMs = performance.now();
    }
    if (!up && existsSync(upFile)) {
      up = true;
      if (wasReset) await endAtReset(monitorOf(folder));
      heardMs = performance.now();
      say(`up${wasReset ? ' again' : ''} in ${duration(startMs)}`);
    }
    for (const event of file.readLines().map(parseGuestEvent)) {
      events.push(event);
      heardMs = performance.now();
      const { kind } = event;
      if (kind !== 'end') process.stderr.write(`${formatResult({ ...event, kind })}\n`);
    }
    if (existsSync(resetFile)) {
      up = false;
      wasReset = true;
      startMs = performance.now();
      heardMs = startMs;
      for (const path of [upFile, resetFile]) unlinkSync(path);
      await pressReset(monitorOf(folder));
    }
    if (on && !ending.signal.aborted && performance.now() - heardMs > stallSeconds * 1000) {
      writeFileSync(join(folder, 'registers'), await inspectStalled(monitorOf(folder)));
      ending.abort();
    }
    if (!last) await Promise.race([sleep(pollMs), ended.catch(() => undefined)]);
  }
  file.close();
  return events;
}

/** What went wrong, in words; undefined: nothing. */
function findTrouble(
  folder: string,
  { status, events }: { readonly status: number; readonly events: readonly GuestEvent[] },
): string | undefined {
  if (status === 124) return 'it took too long and was ended';
  if (!existsSync(join(folder, 'up'))) return `it did not come up (QEMU ended with ${status})`;
  if (!existsSync(join(folder, 'status'))) return `it ended in the middle of the tests (QEMU ended with ${status})`;
  if (events.every(({ kind }) => kind !== 'end')) return 'the test runner in the guest ended early';
  const job = readFileSync(join(folder, 'status'), 'utf8').trim();
  if (job === '0' && events.some(({ kind }) => kind === 'fail')) return 'tests failed';
  return job === '0' ? undefined : `the tests ended with status ${job}`;
}

function tail(path: string): string {
  if (!existsSync(path)) return '';
  return readFileSync(path, 'utf8').replaceAll('\r', '').split('\n').slice(-30).join('\n');
}
