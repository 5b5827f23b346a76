import { readdirSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { runCommand } from './command.ts';

const driver = '/sys/bus/virtio/drivers/9pnet_virtio';
/** Those of guest/vmtest; /proc/mounts does not tell all of them. */
const mountOptions = 'trans=virtio,version=9p2000.L,msize=512000,cache=none';

/** Name of the device of the folder that is shared with the host: `virtio2`. */
function sharedDevice(): string {
  const name = readdirSync(driver).find((found) => /^virtio\d+$/.test(found));
  if (name === undefined) throw new Error(`no device below ${driver}`);
  return name;
}

/**
 * Suspends the machine to memory for some seconds; answers for how long it slept: CLOCK_BOOTTIME counted and
 * CLOCK_MONOTONIC did not. The kernel's 9P over virtio does not survive that, so the shared folder is taken away
 * meanwhile: nobody may write there.
 */
export function suspend(seconds: number): number {
  const before = { boot: uptime(), monotonicMs: performance.now() };
  const device = sharedDevice();
  runCommand('umount', ['/host']);
  writeFileSync(`${driver}/unbind`, device);
  try {
    runCommand('rtcwake', ['-m', 'mem', '-s', String(seconds)]);
  } finally {
    writeFileSync(`${driver}/bind`, device);
    runCommand('mount', ['-t', '9p', '-o', mountOptions, 'host', '/host']);
  }
  return uptime() - before.boot - (performance.now() - before.monotonicMs) / 1000;
}
