import { constants } from 'node:fs';
import { access, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoName, WcaError } from '../../shared/errors/wca-error.ts';
import type { ByteSink } from './byte-sink.ts';
import { storageError } from './storage-error.ts';

/**
 * A file that always holds the last batch: written beside it and renamed over it, so that readers see the old batch or
 * the new one and nothing else. Not synced to disk: after a crash of the machine an old batch is as good as none.
 */
export class ReplaceFile implements ByteSink {
  readonly name: string;
  #writes = 0;

  constructor(path: string) {
    this.name = path;
  }

  async open(): Promise<void> {
    try {
      const target = await this.#target();
      const existing = await stat(target).catch(() => undefined);
      if (existing !== undefined && !existing.isFile()) {
        throw new WcaError('INVALID_CONFIG', {
          subject: this.name,
          message: 'is not a regular file and cannot be replaced',
          remedy: 'name a regular file or set overwrite: false',
        });
      }
      await access(dirname(target), constants.W_OK);
      await removeLeftovers(target);
    } catch (thrown) {
      throw storageError(this.name, thrown, 'INVALID_CONFIG');
    }
  }

  async write(bytes: Buffer): Promise<void> {
    try {
      const target = await this.#target();
      this.#writes += 1;
      // A leading dot and this ending keep collectors of *.prom files away.
      const temporary = join(dirname(target), `${leftoverPrefix(target)}${process.pid}-${this.#writes}.tmp`);
      try {
        await writeNew(temporary, bytes);
        await rename(temporary, target);
      } catch (thrown) {
        await rm(temporary, { force: true });
        throw thrown;
      }
    } catch (thrown) {
      throw storageError(this.name, thrown);
    }
  }

  async close(): Promise<void> {}

  /** A link stays a link: what it points to is replaced. */
  async #target(): Promise<string> {
    return realpath(this.name).catch((thrown: unknown) => {
      if (errnoName(thrown) === 'ENOENT') return this.name;
      throw thrown;
    });
  }
}

async function writeNew(path: string, bytes: Buffer): Promise<void> {
  const handle = await open(path, 'wx', 0o666);
  try {
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
}

function leftoverPrefix(target: string): string {
  return `.${basename(target)}.wca-`;
}

/** Removes what a killed process left behind. One with our own pid is not ours: nothing was written yet. */
async function removeLeftovers(target: string): Promise<void> {
  const folder = dirname(target);
  const prefix = leftoverPrefix(target);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number(/^(\d{1,10})-\d+\.tmp$/.exec(name.slice(prefix.length))?.[1]);
    if (Number.isInteger(pid) && (pid === process.pid || !runs(pid))) await rm(join(folder, name), { force: true });
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: it runs as another user.
    return errnoName(thrown) !== 'ESRCH';
  }
}
