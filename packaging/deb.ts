import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from './entry.ts';
import { textEntry } from './entry.ts';
import { runProgram } from './program.ts';
import { listFiles, setTimes, writeTree } from './tree.ts';

export interface DebOptions {
  readonly entries: readonly Entry[];
  /** Folder of package.json. */
  readonly root: string;
  /** Where the package goes. */
  readonly output: string;
  readonly version: string;
  /** Debian's name: `amd64`. */
  readonly architecture: string;
  readonly epochSeconds: number;
}

/** DEBIAN/control; deb-control(5). Pure. */
export function formatControl({
  version,
  architecture,
  installedKib,
}: {
  readonly version: string;
  readonly architecture: string;
  readonly installedKib: number;
}): string {
  return `Package: wca
Version: ${version}
Architecture: ${architecture}
Maintainer: WCA maintainers <wca@localhost>
Installed-Size: ${installedKib}
Depends: nodejs (>= 20.19), libc6 (>= 2.28), libstdc++6, systemd
Section: admin
Priority: optional
Description: Workload Collocation Agent
 Measures the tasks that share this host (CPU, memory, cache, pressure, hardware
 counters), finds who disturbs whom, and keeps them apart within a policy.
 .
 A privileged collector reads the kernel and serves measurements on a Unix
 socket; an unprivileged controller discovers tasks and stores metrics; wca-ctl
 shows how both are doing. The default configuration measures and changes
 nothing.
`;
}

/** Makes wca_VERSION_ARCH.deb; its path. */
export function makeDeb(options: DebOptions): string {
  const { entries, root, output, version, architecture, epochSeconds } = options;
  // What the operator changes: an upgrade leaves it as it is.
  const configuration = entries.map(({ path }) => path).filter((path) => path.startsWith('etc/'));
  const tree = join(output, 'deb');
  rmSync(tree, { recursive: true, force: true });
  writeTree(tree, entries);
  const files = listFiles(tree);
  const installedKib = files.reduce((sum, file) => sum + Math.ceil(statSync(join(tree, file)).size / 1024), 0);
  const sums = files.filter((file) => !configuration.includes(file)).map((file) => `${md5(join(tree, file))}  ${file}`);
  writeTree(tree, [
    textEntry('DEBIAN/control', formatControl({ version, architecture, installedKib })),
    textEntry('DEBIAN/conffiles', configuration.map((file) => `/${file}\n`).join('')),
    textEntry('DEBIAN/md5sums', `${sums.join('\n')}\n`),
    ...['postinst', 'prerm', 'postrm'].map((name): Entry => {
      const source = join(root, 'packaging/debian', name);
      return { kind: 'copy', path: `DEBIAN/${name}`, source, mode: 0o755 };
    }),
  ]);
  setTimes(tree, epochSeconds);
  mkdirSync(output, { recursive: true });
  const file = join(output, `wca_${version}_${architecture}.deb`);
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(epochSeconds) };
  runProgram('dpkg-deb', ['--build', '--root-owner-group', '-Zxz', tree, file], { env });
  rmSync(tree, { recursive: true });
  return file;
}

/** What Debian's md5sums files hold; against accidents, not attackers. */
function md5(file: string): string {
  return createHash('md5').update(readFileSync(file)).digest('hex');
}
