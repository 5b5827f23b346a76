import { chmodSync, copyFileSync, lutimesSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Entry } from './entry.ts';

/** Writes entries below a folder. All modes are set, whatever the umask says. */
export function writeTree(folder: string, entries: readonly Entry[]): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  for (const entry of entries) {
    const file = join(folder, entry.path);
    makeFolders(folder, dirname(entry.path));
    if (entry.kind === 'text') writeFileSync(file, entry.text);
    else copyFileSync(entry.source, file);
    chmodSync(file, entry.mode);
  }
}

function makeFolders(root: string, path: string): void {
  let folder = root;
  for (const name of path.split('/')) {
    folder = join(folder, name);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
  }
}

/** Gives everything below a folder, and itself, one time of change: two builds of the same sources are the same. */
export function setTimes(folder: string, epochSeconds: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    lutimesSync(join(entry.parentPath, entry.name), epochSeconds, epochSeconds);
  }
  lutimesSync(folder, epochSeconds, epochSeconds);
}

/** Files below a folder, as paths within it, sorted; none when there is no such folder. */
export function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
