/** An account of /etc/passwd. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * /etc/passwd; passwd(5). Lines of another shape (NIS's `+`, comments) are left out.
 * Example: `nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin`
 */
export function parsePasswd(text: string): readonly User[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = ''] = line.split(':');
    return name !== '' && /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

/** The user the controller runs as when root starts it: `wca` where the package made it, else `nobody`. */
export function chooseUser(users: readonly User[]): User | undefined {
  const named = (name: string): User | undefined => users.find((user) => user.name === name && user.uid !== 0);
  return named('wca') ?? named('nobody');
}
