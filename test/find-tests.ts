import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** All compiled test files below a folder whose path contains one of the words (all when there is no word), sorted. */
export function findTestFiles(folder: string, words: readonly string[]): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
    .sort();
}
