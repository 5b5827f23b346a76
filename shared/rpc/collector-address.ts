import { isIPv4, isIPv6 } from 'node:net';
import { WcaError } from '../errors/wca-error.ts';
import { parseUnixAddress } from './unix-listener.ts';

/** Where a collector serves. */
export interface CollectorAddress {
  /** As people write it: `unix:/run/wca/collector.sock`, `tls:node1.example:9153`. */
  readonly text: string;
  /** Of gRPC: `unix:/run/wca/collector.sock`, `dns:node1.example:9153`, `ipv6:[::1]:9153`. */
  readonly target: string;
  /** Mutual TLS; a Unix socket needs none. */
  readonly tls: boolean;
}

/** `unix:/path`, `tls:HOST:PORT`, `tls://HOST:PORT`. Throws INVALID_ARGUMENT: there is no way without TLS to another host. */
export function parseCollectorAddress(text: string): CollectorAddress {
  if (!text.startsWith('tls:')) {
    if (text.startsWith('unix:')) return local(parseUnixAddress(text));
    throw invalid(text);
  }
  const [, v6, name, digits = ''] =
    /^tls:(?:\/\/)?(?:\[([0-9a-f:.]+)\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})$/i.exec(text) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535 || (v6 !== undefined && !isIPv6(v6))) throw invalid(text);
  if (v6 !== undefined) return { text: `tls:[${v6}]:${port}`, target: `ipv6:[${v6}]:${port}`, tls: true };
  return { text: `tls:${host}:${port}`, target: `${isIPv4(host) ? 'ipv4' : 'dns'}:${host}:${port}`, tls: true };
}

function local(path: string): CollectorAddress {
  return { text: `unix:${path}`, target: `unix:${path}`, tls: false };
}

function invalid(text: string): WcaError {
  return new WcaError('INVALID_ARGUMENT', {
    subject: `address ${JSON.stringify(text.slice(0, 200))}`,
    message: 'is none of a collector',
    remedy: 'give unix:/absolute/path, or tls:HOST:PORT for another host',
  });
}
