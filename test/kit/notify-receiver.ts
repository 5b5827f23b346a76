import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type koffi from 'koffi';
import { encodeNotifyAddress } from '../../shared/lifecycle/notify-socket.ts';

const dontWait = 0x40;

/** The service manager's end of NOTIFY_SOCKET. */
export class NotifyReceiver {
  readonly folder = mkdtempSync(join(tmpdir(), 'wca-notify-'));
  readonly path = join(this.folder, 'notify');
  readonly #fd: number;
  readonly #receive: (buffer: Buffer) => number;
  readonly #close: () => void;

  constructor() {
    const ffi: typeof koffi = createRequire(import.meta.url)('koffi');
    const libc = ffi.load('libc.so.6');
    const socket = libc.func('socket', 'int', ['int', 'int', 'int']);
    const bind = libc.func('bind', 'int', ['int', 'void *', 'uint']);
    const recv = libc.func('recv', 'long', ['int', 'void *', 'ulong', 'int']);
    const close = libc.func('close', 'int', ['int']);
    this.#fd = Number(socket(1, 2, 0));
    const address = encodeNotifyAddress(this.path) ?? Buffer.alloc(0);
    if (Number(bind(this.#fd, address, address.length)) !== 0) throw new Error(`bind: errno ${ffi.errno()}`);
    this.#receive = (buffer) => Number(recv(this.#fd, buffer, buffer.length, dontWait));
    this.#close = () => close(this.#fd);
  }

  /** The next message that has all the words; those before it are dropped. */
  async next(...words: readonly string[]): Promise<string> {
    const buffer = Buffer.alloc(4096);
    for (const endMs = performance.now() + 30_000; performance.now() < endMs; await sleep(10)) {
      for (let length = this.#receive(buffer); length > 0; length = this.#receive(buffer)) {
        const message = buffer.toString('utf8', 0, length);
        if (words.every((word) => message.includes(word))) return message;
      }
    }
    throw new Error(`no message with ${words.join(', ')}`);
  }

  close(): void {
    this.#close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
