import { setTimeout as sleep } from 'node:timers/promises';
import { withMonitor } from './monitor.ts';

/** Each test has 240 s in the guest: one from which nothing comes for longer stands still. */
export const stallSeconds = 330;

/** Backtraces of all CPUs, then of blocked tasks, onto the guest's console, whatever its log level is. */
const sysrqKeys = ['9', 'l', 'w'];

/**
 * What the CPUs of a guest do that stands still, as QEMU's monitor tells it; the guest's kernel is asked for backtraces,
 * which come in its console. Never throws: it is about a machine in trouble.
 */
export async function inspectStalled(monitorPath: string): Promise<string> {
  try {
    return await withMonitor(monitorPath, async (ask) => {
      const registers = await ask('human-monitor-command', { 'command-line': 'info registers -a' });
      for (const key of sysrqKeys) {
        await ask('human-monitor-command', { 'command-line': `sendkey alt-sysrq-${key}` });
        await sleep(2000);
      }
      return registers;
    });
  } catch (thrown) {
    return `its monitor does not answer: ${String(thrown)}`;
  }
}
