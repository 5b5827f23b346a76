import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runCommand } from './command.ts';

const folder = '/run/systemd/system';

/** Whether the guest's cgroups are those of version 2. */
export const isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers');

/** A running service that does nothing, gone with the test. `lines` go into its [Service]: `CPUQuota=60%`. */
export function startService(t: TestContext, name: string, lines: readonly string[] = []): string {
  const unit = `${name}.service`;
  const file = join(folder, unit);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, ['[Service]', 'ExecStart=/bin/sleep infinity', ...lines, ''].join('\n'));
  t.after(() => {
    runCommand('systemctl', ['stop', unit]);
    rmSync(file);
    reloadSystemd();
  });
  reloadSystemd();
  runCommand('systemctl', ['start', unit]);
  return `/system.slice/${unit}`;
}

export function reloadSystemd(): void {
  runCommand('systemctl', ['daemon-reload']);
}

/** systemd's own word on a property: `ActiveState`. */
export function showProperty(unit: string, property: string): string {
  return runCommand('systemctl', ['show', '-p', property, '--value', unit]).trim();
}

/** The folder of a cgroup in the hierarchy that has a controller. */
export function cgroupFolder(controller: string, path: string): string {
  return isV2 ? `/sys/fs/cgroup${path}` : `/sys/fs/cgroup/${controller}${path}`;
}

/** Text of a control file (`cpu.max`), without the newline; undefined when there is none. */
export function readControl(path: string, file: string): string | undefined {
  const controller = file.slice(0, file.indexOf('.'));
  const name = join(cgroupFolder(controller, path), file);
  return existsSync(name) ? readFileSync(name, 'utf8').trimEnd() : undefined;
}

export function writeControl(path: string, file: string, text: string): void {
  writeFileSync(join(cgroupFolder(file.slice(0, file.indexOf('.')), path), file), text);
}
