import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { TlsMaterial } from '../../net/ssl.ts';
import { AnswerLengths, guardSocket } from './guard-socket.ts';
import type { TlsExtras } from './librdkafka.ts';

/** Silent connections are probed: one that a firewall forgot is noticed. */
const keepAliveMs = 60_000;

export interface SocketsOptions {
  /** undefined: no TLS. */
  readonly tls: (TlsMaterial & TlsExtras) | undefined;
  readonly authenticates: boolean;
  /** Names that kafkajs was given for hosts → hosts. */
  readonly hosts: ReadonlyMap<string, string>;
}

interface Wish {
  readonly host: string;
  readonly port: number;
  readonly onConnect: () => void;
}

/** The connections of one Kafka client. kafkajs only half closes those that never came about: here all can be closed. */
export class Sockets {
  readonly #options: SocketsOptions;
  readonly #open = new Set<Socket>();
  #destroyed = false;

  constructor(options: SocketsOptions) {
    this.#options = options;
  }

  open({ host: name, port, onConnect }: Wish): Socket {
    const { tls, authenticates, hosts } = this.#options;
    const host = hosts.get(name) ?? name;
    if (this.#destroyed) throw new Error('closed');
    const socket =
      tls === undefined
        ? connect({ host, port }, onConnect)
        : connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...tlsOptions(tls) }, onConnect);
    socket.setKeepAlive(true, keepAliveMs);
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return guardSocket(socket, new AnswerLengths({ authenticates }));
  }

  /** Closes all at once; no more are opened. */
  destroy(): void {
    this.#destroyed = true;
    for (const socket of this.#open) socket.destroy();
  }
}

function tlsOptions({ ca, cert, key, passphrase, ...tls }: TlsMaterial & TlsExtras): ConnectionOptions {
  return {
    rejectUnauthorized: tls.rejectUnauthorized,
    minVersion: tls.minVersion,
    ciphers: tls.suites === undefined ? tls.ciphers : `${tls.suites}:@SECLEVEL=2`,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(tls.checkHost ? {} : { checkServerIdentity: () => undefined }),
  };
}
