/**
 * `npm run test:vm [-- WORD...]`: runs test/vm/tests in virtual machines. Words are names of guests and parts of names
 * of test files. --all: the nightly guests too; --list: what there is. docs/testing.md has the rest.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTestFiles } from '../find-tests.ts';
import { packageRoot } from '../kit/package-root.ts';
import { Bed, cacheFolder } from './bed.ts';
import { chooseRuns, parseTestGuests, type Selection } from './choose.ts';
import { type GuestOutcome, runGuest } from './guest-run.ts';
import { guests } from './guests.ts';
import { duration, say } from './progress.ts';
import { packProject } from './project-image.ts';
import { findObstacle, formatSkipped, type Obstacle } from './requirements.ts';

const dist = fileURLToPath(new URL('../..', import.meta.url));
const testFolder = join(dist, 'test', 'vm', 'tests');

async function main(args: readonly string[]): Promise<number> {
  const tests = findTestFiles(testFolder, []).map((path) => {
    const name = relative(testFolder, path);
    return { name, guests: parseTestGuests(name, readFileSync(path, 'utf8'), guests) };
  });
  const words = args.filter((arg) => !arg.startsWith('--'));
  const runs = chooseRuns(words, { guests, tests, all: args.includes('--all') || args.includes('--list') });
  if (args.includes('--list')) {
    for (const run of runs) process.stdout.write(formatSelection(run));
    return 0;
  }
  if (runs.length === 0) {
    say(`no guest and no test file matches ${words.join(' ')}; --list shows what there is`);
    return 2;
  }
  return runAll(runs);
}

function formatSelection({ guest, tests }: Selection): string {
  const files = tests.map(({ name }) => `    ${name}\n`).join('');
  return `${guest.name}${guest.nightly ? ' (only with --all)' : ''}: ${guest.summary}\n${files}`;
}

/** Leaves out, with one message, the guests that this machine cannot build or boot; in CI that is an error. */
function withoutObstacles(runs: readonly Selection[]): readonly Selection[] {
  const skipped = new Map<string, Obstacle>();
  const possible = runs.filter(({ guest }) => {
    const obstacle = findObstacle(guest.architecture);
    if (obstacle !== undefined) skipped.set(guest.name, obstacle);
    return obstacle === undefined;
  });
  if (skipped.size === 0) return possible;
  const message = formatSkipped(skipped);
  if (process.env['WCA_TEST_REQUIRE_TOOLS'] !== undefined) throw new Error(message);
  say(message);
  return possible;
}

/** Runs guest after guest; those that failed. */
async function runGuests(runs: readonly Selection[], signal: AbortSignal): Promise<readonly GuestOutcome[]> {
  const root = packageRoot();
  const bed = new Bed(join(root, 'test', 'vm'), cacheFolder());
  bed.removeOldRuns();
  const packed = mkdtempSync(join(bed.runs, 'project-'));
  const projects = new Map<string, string>();
  const failed: GuestOutcome[] = [];
  try {
    for (const run of runs) {
      if (signal.aborted) break;
      const { architecture } = run.guest;
      const project = projects.get(architecture) ?? packProject({ root, dist, bed }, architecture, packed);
      projects.set(architecture, project);
      const outcome = await runGuest(run, { bed, project, signal });
      if (!outcome.passed) failed.push(outcome);
    }
  } finally {
    rmSync(packed, { recursive: true, force: true });
  }
  return failed;
}

async function runAll(runs: readonly Selection[]): Promise<number> {
  const startMs = performance.now();
  const possible = withoutObstacles(runs);
  if (possible.length === 0) return 0;
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const failed = await runGuests(possible, interrupted.signal);
  const took = duration(startMs);
  if (interrupted.signal.aborted) say(`interrupted after ${took}`);
  else if (failed.length === 0) say(`done in ${took}`);
  else {
    // Once more, at the end, where it is looked for.
    for (const { name, failures } of failed) say([`FAILED: ${name}`, ...failures].join('\n'));
    say(`FAILED: ${failed.map(({ name }) => name).join(', ')} (${took})`);
  }
  return failed.length === 0 && !interrupted.signal.aborted ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  say(thrown instanceof Error ? thrown.message : String(thrown));
  process.exitCode = 1;
}
