import { WcaError } from '../errors/wca-error.ts';

const causes: readonly (readonly [pattern: RegExp, message: string, remedy: string])[] = [
  [/expired/i, 'its certificate has expired', 'renew the certificate of the collector'],
  [/not yet valid/i, 'its certificate is not valid yet', 'compare the clocks of the two hosts'],
  [
    /altnames|hostname\/ip does not match/i,
    'its certificate is for other names',
    'connect by a name in it, or issue it with this name as subjectAltName',
  ],
  [
    /self[- ]signed|unable to (get|verify)|issuer|unknown ca/i,
    'its certificate is signed by an authority that is not trusted here',
    'give the authority of the collector with --tls-ca',
  ],
  [/ECONNREFUSED/, 'nobody listens there', 'start the collector with --tls-listen, and look at the port'],
  [/ENOTFOUND|EAI_AGAIN|name resolution/i, 'its name cannot be resolved', 'look at the name, and at the DNS'],
  [/EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/, 'it cannot be reached', 'look at the network between the two hosts'],
  [/channel closed/i, 'no connection came about', 'look whether the host runs, and at the network'],
  [
    /connection dropped/i,
    'it closes the connection, or answers no longer',
    'look whether the host runs, and at the network; a collector that does not know this certificate says so in its log: names get a role there with --observer or --operator tls:NAME',
  ],
  [
    /ECONNRESET|socket (disconnected|hang up)|alert|EPIPE|closed|failed to connect/i,
    'it closes the connection',
    'it may not know this certificate: its log says why; names get a role there with --observer or --operator tls:NAME',
  ],
];

/** What a failed connection to a collector of another host means. The channel's own words are OpenSSL's. Pure. */
export function explainTls(error: WcaError, address: string): WcaError {
  const found = causes.find(([pattern]) => pattern.test(error.message));
  if (error.code !== 'UNAVAILABLE' || found === undefined) return error;
  const [, message, remedy] = found;
  return new WcaError('UNAVAILABLE', { subject: `collector ${address}`, message, remedy, cause: error });
}
