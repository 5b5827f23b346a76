import { WcaError } from '../shared/errors/wca-error.ts';
import type { Role, Roles } from './service/peers.ts';

/** Largest uid; 2^32 - 1 means "none" to the kernel. */
const maxUid = 0xffff_fffe;

/** `wca:x:998:995:...` of passwd(5): the number of a user given by name or number; undefined when there is none. */
export function findUid(user: string, etcPasswd: string): number | undefined {
  if (/^\d{1,10}$/.test(user)) return Number(user) <= maxUid ? Number(user) : undefined;
  const line = etcPasswd.split('\n').find((entry) => entry.startsWith(`${user}:`));
  const uid = line?.split(':')[2];
  return uid !== undefined && /^\d{1,10}$/.test(uid) ? Number(uid) : undefined;
}

export interface RoleNames {
  /** Users of this host by name or number, and `tls:NAME` of certificates. */
  readonly operators: readonly string[];
  /** `tls:NAME` of certificates; users of this host are observers where the socket's mode lets them in. */
  readonly observers: readonly string[];
}

const tlsPrefix = 'tls:';

/**
 * Who may do what: root, who runs the collector, and those named. Throws INVALID_ARGUMENT for a user that is in no
 * /etc/passwd, and for an observer that is no name of a certificate.
 */
export function resolveRoles(
  { operators, observers }: RoleNames,
  { etcPasswd, ownUid }: { readonly etcPasswd: string; readonly ownUid: number },
): Roles {
  const uids = operators.filter((name) => !name.startsWith(tlsPrefix)).map((name) => uidOf(name, etcPasswd));
  const remote = new Map<string, Role>();
  for (const name of observers) remote.set(certificateName(name, 'observer'), 'observer');
  for (const name of operators) {
    if (name.startsWith(tlsPrefix)) remote.set(certificateName(name, 'operator'), 'operator');
  }
  return { operatorUids: new Set([0, ownUid, ...uids]), remote };
}

function uidOf(name: string, etcPasswd: string): number {
  const uid = findUid(name, etcPasswd);
  if (uid !== undefined) return uid;
  const message = `there is no user ${JSON.stringify(name)} in /etc/passwd`;
  const remedy = 'create it, or give its number; names in certificates are written tls:NAME';
  throw new WcaError('INVALID_ARGUMENT', { subject: 'operator', message, remedy });
}

/** `tls:controller1.example`, `tls:spiffe://example/wca`: compared as it is, there are no wildcards. */
function certificateName(text: string, subject: string): string {
  const name = text.startsWith(tlsPrefix) ? text.slice(tlsPrefix.length) : '';
  if (/^[\x21-\x7e]{1,255}$/.test(name) && !name.includes('*')) return name;
  const message = `${JSON.stringify(text)} is no name in a certificate`;
  const remedy = 'write tls: and a DNS name or URI of its subjectAltName';
  throw new WcaError('INVALID_ARGUMENT', { subject, message, remedy });
}
