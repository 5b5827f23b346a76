import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

/** One command of QEMU's monitor (QMP), with its arguments; its answer as text. */
export type AskMonitor = (command: string, args?: object) => Promise<string>;

/** Does something with a guest's machine. Rejects when its monitor cannot be reached. */
export async function withMonitor<T>(path: string, work: (ask: AskMonitor) => Promise<T>): Promise<T> {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy()); // then no line comes any more
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    const ask: AskMonitor = async (execute, args = {}) => {
      socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
      for (;;) {
        const { value = '', done } = await lines.next();
        if (done === true) return '';
        const answer: { return?: unknown; error?: unknown } = JSON.parse(value);
        if (answer.return !== undefined || answer.error !== undefined) return String(answer.return ?? '');
      }
    };
    await ask('qmp_capabilities');
    return await work(ask);
  } finally {
    socket.destroy();
  }
}

/**
 * The reset button: no sync, no signal. The firmware then resets once more, so that QEMU, which a reset ends otherwise
 * (-no-reboot: a panic shall not go round), is told not to end.
 */
export function pressReset(path: string): Promise<void> {
  return withMonitor(path, async (ask) => {
    await ask('set-action', { reboot: 'reset' });
    await ask('system_reset');
  });
}

/** The machine is up after `pressReset`: a reset ends it again. */
export function endAtReset(path: string): Promise<void> {
  return withMonitor(path, async (ask) => {
    await ask('set-action', { reboot: 'shutdown' });
  });
}
