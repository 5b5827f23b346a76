import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { copyEntry, type Entry } from './entry.ts';
import { runProgram } from './program.ts';
import { setTimes, writeTree } from './tree.ts';

export interface TarballOptions {
  readonly entries: readonly Entry[];
  /** Folder of package.json. */
  readonly root: string;
  /** Where the tarball goes. */
  readonly output: string;
  readonly version: string;
  readonly epochSeconds: number;
}

/** Makes wca-VERSION.tar.gz: the tree of the system below `files/`, and the scripts that install and remove it. */
export function makeTarball({ entries, root, output, version, epochSeconds }: TarballOptions): string {
  const name = `wca-${version}`;
  const tree = join(output, name);
  rmSync(tree, { recursive: true, force: true });
  writeTree(tree, [
    ...entries.map((entry) => ({ ...entry, path: `files/${entry.path}` })),
    ...['install.sh', 'uninstall.sh'].map((script) =>
      copyEntry(script, join(root, 'packaging/tarball', script), 0o755),
    ),
    copyEntry('README.md', join(root, 'docs/install.md')),
    copyEntry('LICENSE', join(root, 'LICENSE')),
  ]);
  setTimes(tree, epochSeconds);
  const file = join(output, `${name}.tar`);
  const owner = ['--owner=0', '--group=0', '--numeric-owner'];
  runProgram('tar', [
    '--format=gnu',
    '--sort=name',
    ...owner,
    `--mtime=@${epochSeconds}`,
    '-cf',
    file,
    '-C',
    output,
    name,
  ]);
  runProgram('gzip', ['-9', '--no-name', '--force', file]);
  rmSync(tree, { recursive: true });
  return `${file}.gz`;
}
