import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Guest } from './guests.ts';

/** A guest that stands still is ended long before (guest-run.ts); this is for one that goes round. */
const bootLimitSeconds = 3600;

export interface BootOptions {
  readonly guest: Guest;
  /** Folder with vmlinuz, initrd.gz, root.img. */
  readonly image: string;
  /** ext4 image that becomes /project. */
  readonly project: string;
  /** Becomes /host in the guest, read and write; the console's log and the shim's files are written there too. */
  readonly folder: string;
  /** fakerdt.so. */
  readonly shim: string;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const perArchitecture = {
  amd64: { program: 'qemu-system-x86_64', console: 'ttyS0', args: ['no_timer_check', 'tsc=reliable'] },
  arm64: { program: 'qemu-system-aarch64', console: 'ttyAMA0', args: [] },
} as const;

/** Socket of QEMU's monitor. */
export function monitorOf(folder: string): string {
  return join(folder, 'monitor.sock');
}

/** The QEMU that boots a guest. Disks: root (never written: snapshot), project. */
export function planBoot({ guest, image, project, folder, shim }: BootOptions): Command {
  const facts = perArchitecture[guest.architecture];
  const kernelArguments = [
    `console=${facts.console}`,
    ...['quiet', 'loglevel=4', 'sysrq_always_enabled', 'panic=-1', 'mitigations=off', 'systemd.show_status=0'],
    ...facts.args,
    ...guest.kernelArguments,
  ];
  const args = [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', ...guest.hardware],
    ...['-kernel', join(image, 'vmlinuz'), '-initrd', join(image, 'initrd.gz'), '-append', kernelArguments.join(' ')],
    ...['-drive', `file=${join(image, 'root.img')},format=raw,if=none,id=root,snapshot=on`],
    ...['-device', 'virtio-blk-pci,drive=root'],
    ...['-drive', `file=${project},format=raw,if=none,id=project,readonly=on`],
    ...['-device', 'virtio-blk-pci,drive=project'],
    ...['-virtfs', `local,path=${folder},mount_tag=host,security_model=none,multidevs=remap`],
    ...['-device', 'virtio-rng-pci', '-serial', `file:${join(folder, 'console.log')}`],
    ...['-qmp', `unix:${monitorOf(folder)},server=on,wait=off`],
  ];
  if (guest.shim === undefined) return { program: facts.program, args, env: {} };
  const files = { RDT_CTL: join(folder, 'rdt-rates'), RDT_LOG: join(folder, 'msr.log') };
  return { program: facts.program, args, env: { LD_PRELOAD: shim, ...files, ...guest.shim } };
}

/**
 * Runs a guest to its end, one at a time on this machine: a second VM would make every timeout wrong. Resolves with
 * QEMU's exit status (124: it took too long) and what QEMU said.
 */
export async function boot(
  command: Command,
  lock: string,
  signal: AbortSignal,
): Promise<{ status: number; said: string }> {
  const env = Object.entries(command.env).map(([name, value]) => `${name}=${value}`);
  const limited = ['timeout', '-k', '5', String(bootLimitSeconds), 'env', ...env, command.program, ...command.args];
  const child = spawn('flock', ['--no-fork', lock, ...limited], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said = (said + chunk).slice(-10_000);
    });
  }
  const [code] = await once(child, 'close');
  signal.removeEventListener('abort', stop);
  return { status: typeof code === 'number' ? code : 255, said };
}
