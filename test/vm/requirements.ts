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

/** Why guests of an architecture cannot be built or booted here; undefined: they can. */
export function findObstacle(architecture: Architecture): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.arch !== 'x64') return 'needs an x86-64 host';
  if (process.getuid?.() !== 0) return 'needs root, to build the root file systems';
  const missing = Object.entries(programs[architecture]).filter(([program]) => !isInstalled(program));
  if (missing.length === 0) return undefined;
  return `apt-get install ${[...new Set(missing.map(([, name]) => name))].join(' ')}`;
}

function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' }).status === 0;
}
