import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from './bed.ts';
import { boot, planBoot } from './boot.ts';
import type { Selection } from './choose.ts';
import { duration, say } from './progress.ts';
import { FollowedFile, formatGuestEvent, type GuestEvent, parseGuestEvent } from './results.ts';

const pollMs = 250;

/** Shell script that the guest runs. --jitless: V8's generated code makes the emulation translate twice. */
function formatJob({ guest, tests }: Selection): string {
  const files = tests.map(({ name }) => `'dist/test/vm/tests/${name}'`).join(' ');
  return `cd /project
export NODE_OPTIONS=--jitless WCA_VM_GUEST=${guest.name}
exec node dist/test/vm/guest/run-tests.js /host/events.jsonl ${files}
`;
}

/** Boots a guest, runs its tests, shows them as they end; whether all passed. */
export async function runGuest(
  selection: Selection,
  { bed, project, signal }: { readonly bed: Bed; readonly project: string; readonly signal: AbortSignal },
): Promise<boolean> {
  const { guest } = selection;
  const image = bed.image(guest);
  const folder = mkdtempSync(join(bed.runs, `${guest.name}-`));
  writeFileSync(join(folder, 'job.sh'), formatJob(selection));
  const startMs = performance.now();
  say(`${guest.name}: ${guest.summary}`);
  const command = planBoot({ guest, image, project, folder, shim: guest.shim === undefined ? '' : bed.shim() });
  const booted = boot(command, bed.bootLock, signal);
  const events = await follow(folder, booted);
  const { status, said } = await booted;
  if (signal.aborted) {
    rmSync(folder, { recursive: true, force: true });
    return false;
  }
  const trouble = findTrouble(folder, { status, events });
  const count = (kind: GuestEvent['kind']) => events.filter((event) => event.kind === kind).length;
  const counts = `${count('pass')} passed, ${count('fail')} failed, ${count('skip')} skipped`;
  say(`${guest.name}: ${trouble === undefined ? 'passed' : 'FAILED'} in ${duration(startMs)}: ${counts}`);
  if (trouble === undefined) {
    rmSync(folder, { recursive: true, force: true });
    return true;
  }
  say(`${guest.name}: ${trouble}\n${said}${tail(join(folder, 'console.log'))}`);
  say(`${guest.name}: the guest's console and files are in ${folder}`);
  return false;
}

/** Shows what the guest tells until it is off. */
async function follow(folder: string, booted: Promise<unknown>): Promise<readonly GuestEvent[]> {
  const startMs = performance.now();
  const file = new FollowedFile(join(folder, 'events.jsonl'));
  const events: GuestEvent[] = [];
  let running = true;
  let up = false;
  const ended = booted.finally(() => {
    running = false;
  });
  ended.catch(() => undefined);
  for (let last = false; !last; ) {
    last = !running; // one more look after the end
    if (!up && existsSync(join(folder, 'up'))) {
      up = true;
      say(`up in ${duration(startMs)}`);
    }
    for (const event of file.readLines().map(parseGuestEvent)) {
      events.push(event);
      if (event.kind !== 'end') process.stderr.write(`${formatGuestEvent(event)}\n`);
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
