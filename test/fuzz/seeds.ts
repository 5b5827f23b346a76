import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fixture } from '../kit/package-root.ts';

/** Real texts: every file of this name below the fixtures, at most 64 KiB each. */
export function seedsOf(name: string, below = 'kernels'): readonly string[] {
  const found = filesBelow(fixture(below))
    .filter((path) => path.endsWith(`/${name}`))
    .map((path) => readFileSync(path, 'utf8').slice(0, 65_536));
  if (found.length === 0) throw new Error(`no fixture is named ${name}`);
  return [...new Set(found)];
}

/** All files below a folder of fixtures whose name ends so. */
export function seedsIn(folder: string, ending: string): readonly string[] {
  return filesBelow(fixture(folder))
    .filter((path) => path.endsWith(ending))
    .map((path) => readFileSync(path, 'utf8'));
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]));
}
