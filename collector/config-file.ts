import { closeSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { toWcaError, WcaError } from '../shared/errors/wca-error.ts';
import { parseSocketMode, type Settings } from './options.ts';
import { type Permission, parsePermissions, permissions } from './permissions.ts';

const maxFileBytes = 64 * 1024;

/** Key of the file → what it must be. Modes are texts, so that they stand as people write them: "0660". */
const keys = {
  listen: 'an address such as "unix:/run/wca/collector.sock"',
  socket_group: 'the name or number of a group, as text',
  socket_mode: 'three octal digits as text, such as "0660"',
  log_level: 'the name of a log level',
  allow: `a list of what may be written to the kernel, such as ${JSON.stringify(Object.keys(permissions))}`,
} as const;

/**
 * Reads the collector's JSON configuration. Throws INVALID_CONFIG naming file, key and what is allowed: for a file that
 * others than its owner may change, or that belongs to neither root nor this user, as well.
 */
export function readConfigFile(path: string, uid: number): Settings {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const fault = findFileFault(fstatSync(fd), uid);
    if (fault !== undefined) throw invalid(path, fault);
    return parseConfig(readFileSync(fd, 'utf8'), path);
  } catch (thrown) {
    throw toWcaError(thrown, path, 'INVALID_CONFIG');
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Why a file must not be trusted; the collector may run as root, so whoever can change it would be root. */
export function findFileFault(stat: Pick<Stats, 'mode' | 'uid' | 'size' | 'isFile'>, uid: number): string | undefined {
  if (!stat.isFile()) return 'is not a regular file';
  if (stat.uid !== 0 && stat.uid !== uid) return `belongs to uid ${stat.uid}; it must belong to root or to uid ${uid}`;
  if ((stat.mode & 0o022) !== 0) return 'can be changed by its group or by others (chmod go-w)';
  if (stat.size > maxFileBytes) return `is larger than ${maxFileBytes} bytes`;
  return undefined;
}

/** Pure; `subject` is how errors name the file. */
export function parseConfig(text: string, subject: string): Settings {
  const values = parseObject(text, subject);
  const problems = [...values].flatMap(([key, value]) => {
    if (!Object.hasOwn(keys, key))
      return [`unknown key ${JSON.stringify(key)}, known are ${Object.keys(keys).join(', ')}`];
    const expected = Object.entries(keys).find(([name]) => name === key)?.[1];
    const isRight = key === 'allow' ? isTextList(value) : typeof value === 'string' && value !== '';
    return isRight ? [] : [`${key} must be ${expected}`];
  });
  if (problems.length > 0) throw invalid(subject, problems.join('; '));
  const get = (key: keyof typeof keys): string | undefined => {
    const value = values.get(key);
    return typeof value === 'string' ? value : undefined;
  };
  const [listen, socketGroup, mode, logLevel] = [
    get('listen'),
    get('socket_group'),
    get('socket_mode'),
    get('log_level'),
  ];
  return {
    ...(listen === undefined ? {} : { listen }),
    ...(socketGroup === undefined ? {} : { socketGroup }),
    ...(mode === undefined ? {} : { socketMode: parseMode(mode, subject) }),
    ...(logLevel === undefined ? {} : { logLevel }),
    ...(values.has('allow') ? { allow: parseAllow(values.get('allow'), subject) } : {}),
  };
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function parseAllow(value: unknown, subject: string): ReadonlySet<Permission> {
  return asConfigError(subject, () => parsePermissions(isTextList(value) ? value : [], `${subject}: allow`));
}

function parseObject(text: string, subject: string): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw invalid(subject, `is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(subject, 'must be a JSON object');
  return new Map(Object.entries(value));
}

function parseMode(text: string, subject: string): number {
  return asConfigError(subject, () => parseSocketMode(text, `${subject}: socket_mode`));
}

/** What is wrong with a value of the file is INVALID_CONFIG, wherever it is found out. */
function asConfigError<T>(subject: string, parse: () => T): T {
  try {
    return parse();
  } catch (thrown) {
    const { subject: of, message, remedy } = toWcaError(thrown, subject, 'INVALID_CONFIG');
    throw new WcaError('INVALID_CONFIG', { subject: of, message, ...(remedy === undefined ? {} : { remedy }) });
  }
}

function invalid(subject: string, message: string): WcaError {
  return new WcaError('INVALID_CONFIG', { subject, message });
}
