import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** Each test has 240 s in the guest: one from which nothing comes for longer stands still. */
export const stallSeconds = 330;

/** Backtraces of all CPUs, then of blocked tasks, onto the guest's console, whatever its log level is. */
const sysrqKeys = ['9', 'l', 'w'];

/**
 * What the CPUs of a guest do that stands still, as QEMU's monitor tells it; the guest's kernel is asked for backtraces,
 * which come in its console. Never throws: it is about a machine in trouble.
 */
export async function inspectStalled(monitorPath: string): Promise<string> {
  const monitor = createConnection(monitorPath);
  try {
    const lines = createInterface({ input: monitor })[Symbol.asyncIterator]();
    const ask = async (execute: string, args: object = {}): Promise<string> => {
      monitor.write(`${JSON.stringify({ execute, arguments: args })}\n`);
      for (;;) {
        const { value = '', done } = await lines.next();
        if (done === true) return '';
        const answer: { return?: unknown; error?: unknown } = JSON.parse(value);
        if (answer.return !== undefined || answer.error !== undefined) return String(answer.return ?? '');
      }
    };
    await ask('qmp_capabilities');
    const registers = await ask('human-monitor-command', { 'command-line': 'info registers -a' });
    for (const key of sysrqKeys) {
      await ask('human-monitor-command', { 'command-line': `sendkey alt-sysrq-${key}` });
      await sleep(2000);
    }
    return registers;
  } catch (thrown) {
    return `its monitor does not answer: ${String(thrown)}`;
  } finally {
    monitor.destroy();
  }
}
