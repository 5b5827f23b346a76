import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makePackages } from '../../packaging/make-packages.ts';
import type { Bed } from './bed.ts';
import type { Architecture } from './guests.ts';

/** koffi's binary of the guest; npm installs only the host's. */
const arm64Koffi = '@koromix/koffi-linux-arm64';

export interface ProjectParts {
  /** Folder of package.json. */
  readonly root: string;
  /** The compiled project. */
  readonly dist: string;
  readonly bed: Bed;
}

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

function readLockedPackages(root: string): Readonly<Record<string, LockedPackage>> {
  const lock: { packages?: Record<string, LockedPackage> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  return lock.packages ?? {};
}

/** Runs a program; throws with what it printed when it fails. */
function runProgram(program: string, args: readonly string[], cwd: string): void {
  const { status, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

/** Makes `folder`/project.img: what a release holds plus the tests, as an ext4 image. */
export function packProject({ root, dist, bed }: ProjectParts, architecture: Architecture, folder: string): string {
  const tree = join(folder, architecture);
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  cpSync(dist, join(tree, 'dist'), {
    recursive: true,
    dereference: true,
    filter: (path) => !path.endsWith('.map'),
  });
  cpSync(join(root, 'proto'), join(tree, 'proto'), { recursive: true, dereference: true });
  cpSync(join(root, 'package.json'), join(tree, 'package.json'));
  cpSync(bed.programs(architecture), join(tree, 'programs'), { recursive: true, dereference: true });
  const packages = readLockedPackages(root);
  for (const [path, { dev, devOptional }] of Object.entries(packages)) {
    if (path === '' || dev === true || devOptional === true || !existsSync(join(root, path))) continue;
    cpSync(join(root, path), join(tree, path), { recursive: true, dereference: true });
  }
  // What is installed and run as services by the tests of units.
  if (architecture === 'amd64') makePackages({ root, dist, output: join(tree, 'packages'), env: process.env });
  if (architecture === 'arm64') {
    const version = packages[`node_modules/${arm64Koffi}`]?.version;
    if (version === undefined) throw new Error(`package-lock.json does not name ${arm64Koffi}`);
    const koffi = bed.npmPackage('koffi-arm64', `${arm64Koffi}@${version}`);
    cpSync(join(koffi, 'package'), join(tree, 'node_modules', arm64Koffi), { recursive: true });
  }
  const image = join(folder, `${architecture}.img`);
  rmSync(image, { force: true });
  runProgram('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-d', tree, image, '200M'], folder);
  rmSync(tree, { recursive: true, force: true });
  return image;
}
