import { WcaError } from '../shared/errors/wca-error.ts';

/** Largest uid; 2^32 - 1 means "none" to the kernel. */
const maxUid = 0xffff_fffe;

/** `wca:x:998:995:...` of passwd(5): the number of a user given by name or number; undefined when there is none. */
export function findUid(user: string, etcPasswd: string): number | undefined {
  if (/^\d{1,10}$/.test(user)) return Number(user) <= maxUid ? Number(user) : undefined;
  const line = etcPasswd.split('\n').find((entry) => entry.startsWith(`${user}:`));
  const uid = line?.split(':')[2];
  return uid !== undefined && /^\d{1,10}$/.test(uid) ? Number(uid) : undefined;
}

/**
 * The users that may allocate: root, who runs the collector, and those named. Throws INVALID_ARGUMENT for a name that is in
 * no /etc/passwd: an operator is a local user.
 */
export function resolveOperators(
  names: readonly string[],
  { etcPasswd, ownUid }: { readonly etcPasswd: string; readonly ownUid: number },
): ReadonlySet<number> {
  const uids = names.map((name) => {
    const uid = findUid(name, etcPasswd);
    if (uid !== undefined) return uid;
    throw new WcaError('INVALID_ARGUMENT', {
      subject: 'operator',
      message: `there is no user ${JSON.stringify(name)} in /etc/passwd`,
      remedy: 'create it, or give its number',
    });
  });
  return new Set([0, ownUid, ...uids]);
}
