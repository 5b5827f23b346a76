import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCodes } from '../../shared/errors/codes.ts';
import { catalog } from '../../shared/metrics/catalog.ts';
import { builtinComponents } from './builtin.ts';
import { formatComponentsPage, formatErrorsPage, formatMetricsPage } from './reference.ts';

/** `npm run docs`, in the folder of package.json: writes the generated pages; with --check says which are old, exits 1. */

function readPage(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

const folder = join(process.cwd(), 'docs');
const pages: readonly (readonly [file: string, text: string])[] = [
  [join(folder, 'metrics.md'), formatMetricsPage(catalog)],
  [join(folder, 'errors.md'), formatErrorsPage(errorCodes)],
  [join(folder, 'api.md'), formatComponentsPage(builtinComponents())],
];
for (const [file, text] of pages) {
  if (readPage(file) === text) continue;
  if (process.argv.includes('--check')) {
    process.stderr.write(`${file} is old: npm run docs\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    process.stdout.write(`${file}\n`);
  }
}
