import { readFileSync } from 'node:fs';
import { WcaError } from '../shared/errors/wca-error.ts';

/** A user of /etc/passwd. */
export interface UserIds {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Finds a user by name or number in the text of /etc/passwd; passwd(5): `nobody:x:65534:65534:nobody:/:/bin/false`. */
export function findUser(user: string, passwd: string): UserIds | undefined {
  for (const line of passwd.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || uid === undefined || gid === undefined || (name !== user && uid !== user)) continue;
    if (/^\d+$/.test(uid) && /^\d+$/.test(gid)) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/** The groups a user is a member of in the text of /etc/group; group(5): `wca:x:995:alice,bob`. */
export function findGroups(user: string, group: string): readonly number[] {
  return group.split('\n').flatMap((line) => {
    const [, , gid = '', members = ''] = line.split(':');
    return /^\d+$/.test(gid) && members.split(',').includes(user) ? [Number(gid)] : [];
  });
}

/** Becomes another user for good, with that user's groups only. Throws INVALID_ARGUMENT, PERMISSION. */
export function dropPrivileges(user: string): void {
  const ids = findUser(user, readFileSync('/etc/passwd', 'utf8'));
  if (ids === undefined) {
    throw new WcaError('INVALID_ARGUMENT', {
      subject: '--user',
      message: `there is no user ${JSON.stringify(user)} in /etc/passwd`,
      remedy: 'create it (useradd --system wca), or name another one',
    });
  }
  if (process.getuid?.() === ids.uid) return;
  try {
    // By number: names would be looked up in whatever /etc/nsswitch.conf says, over the network maybe.
    process.setgroups?.([...new Set([ids.gid, ...findGroups(ids.name, readFileSync('/etc/group', 'utf8'))])]);
    process.setgid?.(ids.gid);
    process.setuid?.(ids.uid);
  } catch (thrown) {
    throw new WcaError('PERMISSION', {
      subject: '--user',
      message: `cannot become user ${user}: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      remedy: 'start the controller as root, or leave --user out',
      cause: thrown,
    });
  }
}
