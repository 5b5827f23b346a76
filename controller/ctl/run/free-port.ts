import { createServer } from 'node:net';

/** The wanted TCP port of the loopback interface, or 0 (any) when somebody has it already. */
export function chooseFreePort(wanted: number): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(0));
    server.listen({ host: '127.0.0.1', port: wanted, exclusive: true }, () => server.close(() => resolve(wanted)));
  });
}
