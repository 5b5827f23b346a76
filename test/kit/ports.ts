import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A TCP port of 127.0.0.1 that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Resolves when somebody listens; rejects when `isAlive` says that nobody will, or after a minute. */
export async function portOpens(port: number, isAlive: () => boolean): Promise<void> {
  for (const endMs = performance.now() + 60_000; performance.now() < endMs; await sleep(50)) {
    if (!isAlive()) throw new Error(`the server for port ${port} has ended`);
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
  }
  throw new Error(`nobody listens on port ${port}`);
}
