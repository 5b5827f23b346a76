import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { KernelRoots } from '../../collector/kernel/roots.ts';
import { fixture } from './package-root.ts';

/** Trees of test/fixtures/kernels; each has a manifest.json that says what it is. */
export type KernelName = '6.18-hybrid-2cpu' | '5.10-v1-sparse-nodes' | '6.1-v2-2numa';

/** A copy of a kernel tree in a temporary folder: plain files, which a test may change. */
export class TempKernel {
  readonly folder: string;
  readonly roots: KernelRoots;

  /** Mount points in the copy's mountinfo name folders of the copy. Remove it when done: `t.after(() => kernel.remove())`. */
  constructor(name: KernelName) {
    this.folder = mkdtempSync(join(tmpdir(), 'wca-kernel-'));
    cpSync(fixture('kernels', name), this.folder, { recursive: true });
    this.roots = { procfs: join(this.folder, 'proc'), sysfs: join(this.folder, 'sys') };
    this.edit('proc/self/mountinfo', (text) => text.replaceAll('@ROOT@', this.folder));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  edit(name: string, change: (text: string) => string): void {
    this.write(name, change(this.read(name)));
  }

  /** Removes a file or folder of the copy; the whole copy without a name. Safe to call twice. */
  remove(name = ''): void {
    rmSync(this.path(name), { recursive: true, force: true });
  }
}
