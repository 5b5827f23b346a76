import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where `set-property --runtime` keeps what it was told: of units with a file, of transient units. */
const dropInFolders = ['/run/systemd/system.control', '/run/systemd/transient'] as const;

export interface DropInOptions {
  /** On a tmpfs: remembers, over a restart of the collector, which drop-ins were not there before. */
  readonly stateFolder: string;
  readonly folders?: readonly string[];
}

/**
 * The files in which systemd remembers properties set at run time: `<folder>/x.service.d/50-CPUQuota.conf`. Those that
 * came with our writes are removed when they are no longer needed: one that stays would win over whatever the
 * administrator writes later, and CPUQuota= in it is rounded.
 */
export class DropIns {
  readonly #state: string;
  readonly #folders: readonly string[];

  constructor({ stateFolder, folders = dropInFolders }: DropInOptions) {
    this.#state = stateFolder;
    this.#folders = folders;
  }

  /** To be called before a property is set for a control file. Throws a system error when it cannot be remembered. */
  expect(unit: string, property: string, file: string): void {
    const folder = join(this.#state, unit, property);
    if (!existsSync(folder)) {
      if (this.#files(unit, property).some((dropIn) => existsSync(dropIn))) return;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    writeFileSync(join(folder, file), '', { mode: 0o600 });
  }

  /** Removes the property's drop-in if it came with our writes and no other control file needs it. */
  remove(unit: string, property: string, file: string): void {
    const folder = join(this.#state, unit, property);
    if (!existsSync(join(folder, file))) return;
    if (readdirSync(folder).length === 1) {
      for (const dropIn of this.#files(unit, property)) {
        rmSync(dropIn, { force: true });
        removeIfEmpty(dirname(dropIn));
      }
    }
    rmSync(join(folder, file), { force: true });
    removeIfEmpty(folder);
    removeIfEmpty(join(this.#state, unit));
  }

  #files(unit: string, property: string): readonly string[] {
    return this.#folders.map((folder) => join(folder, `${unit}.d`, `50-${property}.conf`));
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It holds others' files, or is gone.
  }
}
