import type { Server as NetServer } from 'node:net';
import { WcaError } from '../../shared/errors/wca-error.ts';
import { listenOnUnixSocket, parseUnixAddress } from '../../shared/rpc/unix-listener.ts';

/** First descriptor that systemd passes to an activated service; sd_listen_fds(3). */
const firstActivatedFd = 3;

export interface ListenOptions {
  /** `unix:/run/wca/collector.sock`. */
  readonly address: string;
  readonly mode: number;
  readonly gid: number | undefined;
}

/** The descriptor of a socket that systemd made for this process; undefined when it was not activated by one. */
export function chooseActivatedFd(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  if (env['LISTEN_PID'] !== String(pid)) return undefined;
  const count = Number(env['LISTEN_FDS']);
  if (count === 1) return firstActivatedFd;
  throw new WcaError('INVALID_ARGUMENT', {
    subject: 'LISTEN_FDS',
    message: `systemd passed ${env['LISTEN_FDS']} sockets, the collector serves exactly one`,
    remedy: 'keep one ListenStream= in the socket unit',
  });
}

/** Listens on the activated socket or on the address; returns the text for GetStatus.listening. */
export async function listen(
  server: NetServer,
  options: ListenOptions,
  activatedFd: number | undefined,
): Promise<string> {
  if (activatedFd === undefined) {
    const path = parseUnixAddress(options.address);
    const { mode, gid } = options;
    await listenOnUnixSocket(server, { path, mode, ...(gid === undefined ? {} : { gid }) });
    return `unix:${path}`;
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd: activatedFd }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return `systemd socket, descriptor ${activatedFd}`;
}
