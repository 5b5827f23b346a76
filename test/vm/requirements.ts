import { spawnSync } from 'node:child_process';
import type { Architecture } from './guests.ts';

const common: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap',
  mke2fs: 'e2fsprogs',
  modprobe: 'kmod',
  cpio: 'cpio',
  xz: 'xz-utils',
  flock: 'util-linux',
};

/** Programs by the Debian package that has them. */
const programs: Readonly<Record<Architecture, Readonly<Record<string, string>>>> = {
  amd64: { ...common, 'qemu-system-x86_64': 'qemu-system-x86', cc: 'gcc libc6-dev' },
  arm64: {
    ...common,
    'qemu-system-aarch64': 'qemu-system-arm',
    'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross',
  },
};

/** Why guests cannot be built or booted here; undefined: they can. */
export interface Obstacle {
  readonly reason: string;
  /** Debian packages that would help. */
  readonly packages: readonly string[];
}

export function findObstacle(architecture: Architecture): Obstacle | undefined {
  const without = (reason: string): Obstacle => ({ reason, packages: [] });
  if (process.platform !== 'linux' || process.arch !== 'x64') return without('needs Linux on x86-64');
  if (process.getuid?.() !== 0) return without('needs root, to build the root file systems');
  const missing = Object.entries(programs[architecture]).filter(([program]) => !isInstalled(program));
  if (missing.length === 0) return undefined;
  const reason = `needs ${missing.map(([program]) => program).join(', ')}`;
  return { reason, packages: missing.flatMap(([, names]) => names.split(' ')) };
}

/** One message for everything that is skipped. Pure. */
export function formatSkipped(skipped: ReadonlyMap<string, Obstacle>): string {
  const reasons = [...new Set([...skipped.values()].map(({ reason }) => reason))].join('; ');
  const packages = [...new Set([...skipped.values()].flatMap((obstacle) => obstacle.packages))];
  const remedy = packages.length === 0 ? '' : `\n  remedy: apt-get install ${packages.join(' ')}`;
  return `skipped: ${[...skipped.keys()].join(', ')}: ${reasons}${remedy}`;
}

function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' }).status === 0;
}
