/**
 * One mount of /proc/self/mountinfo; Documentation/filesystems/proc.rst §3.5:
 * `32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct`.
 */
export interface Mount {
  /** The directory of the file system that is mounted: `/` unless it is a bind mount. */
  readonly root: string;
  readonly mountPoint: string;
  /** `cgroup`, `cgroup2`, ... */
  readonly fsType: string;
  /** Options of the file system: `rw`, `cpu`, `cpuacct`. */
  readonly superOptions: readonly string[];
  /** Whether nothing can be written here: for the file system itself or for this mount of it. */
  readonly isReadOnly: boolean;
}

/** The mounts of a mountinfo text in its order; lines of another shape are left out. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

function parseLine(line: string): Mount | undefined {
  const fields = line.split(' ');
  // The optional fields between the sixth and the separator vary in number.
  const separator = fields.indexOf('-', 6);
  if (separator < 0) return undefined;
  const [root, mountPoint, options = ''] = [fields[3], fields[4], fields[5]];
  const [fsType, , superOptions = ''] = fields.slice(separator + 1);
  if (root === undefined || mountPoint === undefined || fsType === undefined) return undefined;
  return {
    root: unescapeMountField(root),
    mountPoint: unescapeMountField(mountPoint),
    fsType,
    superOptions: superOptions === '' ? [] : superOptions.split(',').map(unescapeMountField),
    isReadOnly: [options, superOptions].some((list) => list.split(',').includes('ro')),
  };
}

/** The kernel writes blank, tab, newline, backslash and `#` of names as three octal digits: `\040`. */
export function unescapeMountField(field: string): string {
  if (!field.includes('\\')) return field;
  // Byte by byte: a name may hold UTF-8 beside escapes.
  const bytes = Buffer.from(field, 'utf8').toString('latin1');
  const plain = bytes.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(plain, 'latin1').toString('utf8');
}
