import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDeb } from './deb.ts';
import { debianArchitecture } from './dependencies.ts';
import { planLayout } from './layout.ts';
import { runProgram } from './program.ts';
import { makeTarball } from './tarball.ts';

export interface PackageOptions {
  /** Folder of package.json. */
  readonly root: string;
  /** The compiled project. */
  readonly dist: string;
  /** Where the packages go. */
  readonly output: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Makes the tarball and, where dpkg-deb is installed, the Debian package, of this machine's architecture; their paths. */
export function makePackages({ root, dist, output, env }: PackageOptions): readonly string[] {
  const architecture = debianArchitecture(process.arch);
  if (architecture === undefined) throw new Error(`WCA does not run on ${process.arch}`);
  const epochSeconds = readEpoch(root, env);
  const version = readVersion(root);
  const date = new Date(epochSeconds * 1000).toISOString().slice(0, 10);
  const entries = planLayout({ root, dist, version, date });
  mkdirSync(output, { recursive: true });
  const common = { entries, root, output, version, epochSeconds };
  return [makeTarball(common), makeDeb({ ...common, architecture })];
}

function readVersion(root: string): string {
  const { version }: { readonly version?: unknown } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (typeof version === 'string') return version;
  throw new Error('package.json has no version');
}

/** One time for every file: SOURCE_DATE_EPOCH, else that of the last commit. */
function readEpoch(root: string, env: NodeJS.ProcessEnv): number {
  const wish = env['SOURCE_DATE_EPOCH'];
  if (wish !== undefined && /^\d{1,11}$/.test(wish)) return Number(wish);
  if (wish !== undefined) throw new Error(`SOURCE_DATE_EPOCH is not a number of seconds: ${wish}`);
  if (!existsSync(join(root, '.git'))) throw new Error('not a git checkout: set SOURCE_DATE_EPOCH');
  return Number(runProgram('git', ['-C', root, 'log', '-1', '--format=%ct']).trim());
}
