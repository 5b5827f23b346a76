import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errnoName, WcaError } from '../../../shared/errors/wca-error.ts';
import type { User } from './user.ts';

/** For putting back what a killed run had allocated. */
const restoreMs = 10_000;
const namePattern = /^wca-run-(\d+)-\w+$/;

/** The private folder of one `wca-ctl run`: sockets and configuration, gone when it ends. */
export interface RunFolder {
  readonly path: string;
  readonly collectorAddress: string;
  readonly controllerAddress: string;
}

/** Where run folders are made: short paths, because a socket's must not exceed 107 bytes. */
export function runFolderBases(uid: number, env: NodeJS.ProcessEnv): readonly string[] {
  const own = uid === 0 ? '/run' : env['XDG_RUNTIME_DIR'];
  return [...new Set([...(own === undefined || own === '' ? [] : [own]), '/tmp', tmpdir()])];
}

/**
 * Makes a run folder in the first base that takes one. `user` is who the controller becomes: it may pass through the
 * folder and owns the part its socket is in. Throws PERMISSION.
 */
export function makeRunFolder(bases: readonly string[], user: User | undefined): RunFolder {
  let refusal: unknown;
  for (const base of bases) {
    try {
      const path = mkdtempSync(join(base, `wca-run-${process.pid}-`));
      const controllerPart = join(path, 'controller');
      mkdirSync(controllerPart, { mode: 0o700 });
      if (user !== undefined) {
        chownSync(path, 0, user.gid);
        chmodSync(path, 0o750);
        chownSync(controllerPart, user.uid, user.gid);
      }
      return runFolderAt(path);
    } catch (thrown) {
      refusal = thrown;
    }
  }
  throw new WcaError('PERMISSION', {
    subject: bases.join(', '),
    message: `cannot make a run folder: ${refusal instanceof Error ? refusal.message : String(refusal)}`,
    remedy: 'give a writable folder in $XDG_RUNTIME_DIR or $TMPDIR',
  });
}

/** Writes the controller's configuration; readable for the user the controller becomes. */
export function writeControllerConfig(folder: RunFolder, text: string): string {
  const file = join(folder.path, 'controller.yaml');
  writeFileSync(file, text, { mode: 0o644 });
  return file;
}

export function removeRunFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** Run folders whose collector answers: other `wca-ctl run`s of this moment. */
export async function findRunFolders(bases: readonly string[]): Promise<readonly RunFolder[]> {
  const folders = listRunFolders(bases).map(({ path }) => runFolderAt(path));
  const living = await Promise.all(folders.map(({ collectorAddress }) => isListening(collectorAddress)));
  return folders.filter((_, index) => living[index] === true);
}

/**
 * Removes what a run that was killed together with its children left behind, and puts back what it had allocated. Only
 * this user's own folders. A folder whose originals cannot be put back stays.
 */
export async function sweepRunFolders(bases: readonly string[], uid: number, restore = restoreByLedger): Promise<void> {
  for (const { path, pid } of listRunFolders(bases)) {
    if (isRunning(pid) || statSync(path, { throwIfNoEntry: false })?.uid !== uid) continue;
    if (await isListening(runFolderAt(path).collectorAddress)) continue;
    const ledger = ledgerOf(path);
    if (!existsSync(ledger) || restore(ledger)) removeRunFolder(path);
  }
}

/** Folder of the collector's ledger in a run folder. */
export function ledgerOf(path: string): string {
  return join(path, 'ledger');
}

/** A collector that does nothing but this; whether all was put back. */
function restoreByLedger(ledger: string): boolean {
  const main = fileURLToPath(new URL('../../../collector/main.js', import.meta.url));
  const args = [main, '--restore-now', 'all', '--ledger', ledger, '--log-level', 'error'];
  return spawnSync(process.execPath, args, { stdio: 'ignore', timeout: restoreMs }).status === 0;
}

function runFolderAt(path: string): RunFolder {
  return {
    path,
    collectorAddress: `unix:${join(path, 'collector.sock')}`,
    controllerAddress: `unix:${join(path, 'controller', 'controller.sock')}`,
  };
}

function listRunFolders(bases: readonly string[]): readonly { readonly path: string; readonly pid: number }[] {
  return bases.flatMap((base) => {
    try {
      return readdirSync(base).flatMap((name) => {
        const pid = namePattern.exec(name)?.[1];
        return pid === undefined ? [] : [{ path: join(base, name), pid: Number(pid) }];
      });
    } catch {
      return []; // no such folder here, or not ours to read
    }
  });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return errnoName(thrown) === 'EPERM';
  }
}

function isListening(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address.slice('unix:'.length));
    const answer = (listening: boolean): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
