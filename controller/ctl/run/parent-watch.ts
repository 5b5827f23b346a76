/**
 * Loaded before the main module of a child of `wca-ctl run` (node --import): its standard input is a pipe from the
 * parent, which nobody writes to. When it ends, the parent is gone, however that happened, and the child ends too.
 * The only module besides a main.ts that works when it is imported.
 */
import { rmSync } from 'node:fs';

/** A child that does not stop by itself in this time is killed: a collector may have values to restore. */
const graceMs = 10_000;

/** Run folder to remove when the parent could not; only one child has it. */
const folder = process.env['WCA_RUN_FOLDER'];

function endWithoutParent(): void {
  if (folder !== undefined) process.once('exit', () => removeFolder(folder));
  // Its folder stays: the next run restores by the ledger in it.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref();
  process.kill(process.pid, 'SIGTERM');
}

/** The other child may still be taking its socket away: what is left then is swept by the next run. */
function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Nothing more can be done here, and nobody is left to be told.
  }
}

process.stdin.once('end', endWithoutParent);
process.stdin.once('error', endWithoutParent);
process.stdin.resume();
// A socket, as a pipe of child_process is one; it must not keep a child alive that has nothing else to do.
if ('unref' in process.stdin) process.stdin.unref();
