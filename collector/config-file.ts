import { closeSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { toWcaError, WcaError } from '../shared/errors/wca-error.ts';
import { parsePolicy } from './apply/policy.ts';
import { parseAbsolute, parseHostPort, parseRestored, parseSocketMode, type Settings } from './options.ts';
import { parsePermissions, permissions } from './permissions.ts';

const maxFileBytes = 64 * 1024;

/** Key of the file → what it must be. Modes are texts, so that they stand as people write them: "0660". */
const keys = {
  listen: { kind: 'text', what: 'an address such as "unix:/run/wca/collector.sock"' },
  socket_group: { kind: 'text', what: 'the name or number of a group, as text' },
  socket_mode: { kind: 'text', what: 'three octal digits as text, such as "0660"' },
  log_level: { kind: 'text', what: 'the name of a log level' },
  allow: {
    kind: 'texts',
    what: `a list of what may be written to the kernel, such as ${JSON.stringify(Object.keys(permissions))}`,
  },
  allocate: { kind: 'policy', what: 'an object' },
  operators: { kind: 'texts', what: 'a list of names or numbers of users, as texts, and of "tls:NAME"' },
  observers: { kind: 'texts', what: 'a list of "tls:NAME", names in certificates of clients' },
  tls_listen: { kind: 'text', what: 'an address such as "0.0.0.0:9153"' },
  tls_cert: { kind: 'text', what: 'the absolute path of a PEM certificate' },
  tls_key: { kind: 'text', what: 'the absolute path of its key' },
  tls_client_ca: { kind: 'text', what: 'the absolute path of a PEM file of authorities' },
  ledger: { kind: 'text', what: 'the absolute path of a folder' },
  restore_on_stop: { kind: 'text', what: 'leased, all or none' },
} as const;

type Key = keyof typeof keys;

function isKey(name: string): name is Key {
  return Object.hasOwn(keys, name);
}

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
  const problems = [...values].flatMap(([key, value]) => faultOf(key, value));
  if (problems.length > 0) throw invalid(subject, problems.join('; '));
  const at = <T>(key: Key, parse: (value: string) => T): T | undefined => {
    const value = values.get(key);
    return typeof value === 'string' ? asConfigError(subject, () => parse(value)) : undefined;
  };
  const listOf = (key: Key): readonly string[] | undefined => {
    const value = values.get(key);
    return isTextList(value) ? value : undefined;
  };
  const same = (value: string): string => value;
  const allow = listOf('allow');
  return withoutAbsent({
    listen: at('listen', same),
    socketGroup: at('socket_group', same),
    socketMode: at('socket_mode', (mode) => parseSocketMode(mode, `${subject}: socket_mode`)),
    logLevel: at('log_level', same),
    allow: allow && asConfigError(subject, () => parsePermissions(allow, `${subject}: allow`)),
    policy: values.has('allocate') ? parsePolicy(values.get('allocate')).policy : undefined,
    operators: listOf('operators'),
    observers: listOf('observers'),
    tlsListen: at('tls_listen', (address) => parseHostPort(address, `${subject}: tls_listen`)),
    tlsCert: at('tls_cert', (file) => parseAbsolute(file, `${subject}: tls_cert`)),
    tlsKey: at('tls_key', (file) => parseAbsolute(file, `${subject}: tls_key`)),
    tlsClientCa: at('tls_client_ca', (file) => parseAbsolute(file, `${subject}: tls_client_ca`)),
    ledger: at('ledger', (folder) => parseAbsolute(folder, `${subject}: ledger`)),
    restoreOnStop: at('restore_on_stop', (what) => parseRestored(what, `${subject}: restore_on_stop`)),
  });
}

function faultOf(key: string, value: unknown): readonly string[] {
  if (!isKey(key)) return [`unknown key ${JSON.stringify(key)}, known are ${Object.keys(keys).join(', ')}`];
  const { kind, what } = keys[key];
  if (kind === 'policy') return parsePolicy(value).problems;
  const isRight = {
    text: typeof value === 'string' && value !== '',
    texts: isTextList(value),
  }[kind];
  return isRight ? [] : [`${key} must be ${what}`];
}

/** Settings that the file does not have must not hide those of elsewhere. */
function withoutAbsent(settings: { readonly [K in keyof Settings]: Settings[K] | undefined }): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '');
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
