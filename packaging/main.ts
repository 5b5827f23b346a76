/** `npm run package [-- FOLDER]`: the packages of this machine's architecture, into dist-packages/ or the folder. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePackages } from './make-packages.ts';

const dist = dirname(dirname(fileURLToPath(import.meta.url)));
const found = [dirname(dist), process.cwd()].find((folder) => existsSync(join(folder, 'package-lock.json')));

try {
  if (found === undefined) throw new Error('run it in the folder of package-lock.json');
  const output = resolve(process.argv[2] ?? join(found, 'dist-packages'));
  for (const file of makePackages({ root: found, dist, output, env: process.env })) {
    process.stdout.write(`${relative(process.cwd(), file)}\n`);
  }
} catch (error) {
  process.stderr.write(`package: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
