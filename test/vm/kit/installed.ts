import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadContract } from '../../../shared/rpc/proto.ts';
import { AllocationClient } from '../../kit/allocation-client.ts';
import { runCommand } from './command.ts';
import { showProperty } from './units.ts';

/** The Debian package of this build (test/vm/project-image.ts), installed in the guest. */

const packages = '/project/packages';
export const collectorUnit = 'wca-collector.service';
export const controllerUnit = 'wca-controller.service';
const nodePath = '/usr/bin/node';

export interface InstallOptions {
  /** Written to /etc/wca/collector.json before: the package must keep it. */
  readonly collector?: object;
  /** The same of /etc/wca/config.yaml. */
  readonly config?: string;
}

/** Installs, as an administrator would who has configured before, and waits until both services are up. */
export async function installPackage({ collector, config }: InstallOptions = {}): Promise<void> {
  mkdirSync('/etc/wca', { recursive: true });
  if (collector !== undefined) writeFileSync('/etc/wca/collector.json', JSON.stringify(collector), { mode: 0o644 });
  if (config !== undefined) writeFileSync('/etc/wca/config.yaml', config, { mode: 0o644 });
  // The guest has no Debian package of Node.
  if (!existsSync(nodePath)) symlinkSync(process.execPath, nodePath);
  unpack();
  await becomes(() => showProperty(controllerUnit, 'ActiveState'), 'active');
  await becomes(() => showProperty(collectorUnit, 'ActiveState'), 'active');
}

/** `dpkg -i`: an installation, or an upgrade where it is installed. */
export function unpack(): void {
  const file = readdirSync(packages).find((name) => name.endsWith('.deb'));
  assert.ok(file, `a .deb in ${packages}`);
  runCommand('dpkg', ['--force-depends', '--force-confold', '-i', join(packages, file)]);
}

/** `dpkg -P`, and Node's link; what dpkg and its scripts said. */
export function purgePackage(): string {
  const said = runCommand('sh', ['-c', 'dpkg --force-depends -P wca 2>&1']);
  rmSync(nodePath, { force: true });
  return said;
}

/** Waits, at most two minutes of this slow machine, until `read` answers as wanted; rejects with what it answers. */
export async function becomes<T>(read: () => T | Promise<T>, wanted: T | ((found: T) => boolean)): Promise<T> {
  const isWanted = (found: T): boolean => (wanted instanceof Function ? wanted(found) : found === wanted);
  let last: T | undefined;
  for (const endMs = performance.now() + 120_000; performance.now() < endMs; await sleep(200)) {
    last = await read();
    if (isWanted(last)) return last;
  }
  throw new Error(`still ${JSON.stringify(last)} instead of ${String(wanted)}\n${readJournal()}`);
}

/** The last lines of both services. */
export function readJournal(lines = 40): string {
  return runCommand('journalctl', ['--no-pager', '-o', 'cat', '-n', String(lines), '-u', 'wca-*']);
}

/** Process of a service; 0 while there is none. */
export function mainPid(unit: string): number {
  return Number(showProperty(unit, 'MainPID'));
}

/** Waits for another process of a service than `pid`, that is up. */
export async function restarted(unit: string, pid: number): Promise<void> {
  await becomes(
    () => mainPid(unit),
    (found) => found !== 0 && found !== pid,
  );
  await becomes(() => showProperty(unit, 'ActiveState'), 'active');
}

/** A client on the socket of the package. */
export function connectInstalled(): AllocationClient {
  return new AllocationClient(loadContract().createCollectorClient('unix:/run/wca/collector.sock'));
}

/** Lines of /proc/PID/status by their names: `CapEff` → `0000000000000000`. */
export function readProcessStatus(pid: number): ReadonlyMap<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').trimEnd().split('\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
}
