import { parseArgs } from 'node:util';
import { WcaError } from '../shared/errors/wca-error.ts';
import { defaultPolicy, type PolicySettings } from './apply/policy.ts';
import { checkCgroupPath } from './kernel/cgroup/path.ts';
import { type Permission, parsePermissions, permissions } from './permissions.ts';

/** What an operator can set, by flag or in the configuration file; undefined where it is set nowhere. */
export interface Settings {
  readonly listen?: string;
  readonly socketGroup?: string;
  readonly socketMode?: number;
  readonly logLevel?: string;
  readonly allow?: ReadonlySet<Permission>;
  readonly policy?: PolicySettings;
  readonly allocateBelow?: readonly string[];
  readonly operators?: readonly string[];
  readonly observers?: readonly string[];
  readonly tlsListen?: HostPort;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  readonly ledger?: string;
  readonly restoreOnStop?: Restored;
}

/** Settings with their defaults. */
export interface CollectorOptions {
  readonly listen: string;
  /** Name or number of a group; undefined keeps the process's own. */
  readonly socketGroup: string | undefined;
  readonly socketMode: number;
  readonly logLevel: string;
  /** Writes to the kernel beside allocations. */
  readonly allow: ReadonlySet<Permission>;
  /** What may be allocated. */
  readonly policy: PolicySettings;
  /** Cgroups below which may be allocated, beside those of the policy. */
  readonly allocateBelow: readonly string[];
  /** Who may allocate, beside root and who runs the collector: names or numbers of users, `tls:NAME` of certificates. */
  readonly operators: readonly string[];
  /** `tls:NAME` of certificates that may only read. */
  readonly observers: readonly string[];
  /** Where clients of other hosts connect; undefined: nowhere. */
  readonly tls: TlsSettings | undefined;
  /** Folder of the original values; on tmpfs, for they are worth nothing after a boot. */
  readonly ledger: string;
  /** What gets its original value back when the collector stops. */
  readonly restoreOnStop: Restored;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** All files are absolute paths. */
export interface TlsSettings {
  readonly listen: HostPort;
  readonly certPath: string;
  readonly keyPath: string;
  readonly clientCaPath: string;
}

export type CommandLine =
  | { readonly kind: 'help' | 'version' }
  | {
      readonly kind: 'run';
      readonly configFile: string | undefined;
      readonly settings: Settings;
      /** Set: nothing is served, this is restored. */
      readonly restoreNow: Exclude<Restored, 'none'> | undefined;
    };

/** Which values get their originals back: those under a lease, all that were allocated. */
export type Restored = (typeof restorables)[number];
const restorables = ['leased', 'all', 'none'] as const;

const defaults: CollectorOptions = {
  listen: 'unix:/run/wca/collector.sock',
  socketGroup: undefined,
  socketMode: 0o660,
  logLevel: 'info',
  allow: new Set(),
  policy: defaultPolicy,
  allocateBelow: [],
  operators: [],
  observers: [],
  tls: undefined,
  ledger: '/run/wca/ledger',
  restoreOnStop: 'leased',
};

export const usage = `usage: wca-collector [options]

Measures the cgroups of this host and serves the measurements on a Unix socket. Needs root or CAP_PERFMON for perf.

  --config FILE             JSON file with the keys listen, socket_group, socket_mode, log_level, allow, allocate,
                            operators, observers, tls_listen, tls_cert, tls_key, tls_client_ca, ledger, restore_on_stop;
                            flags go before it
  --listen unix:PATH        socket to serve on (default ${defaults.listen}); ignored under systemd socket activation
  --socket-group NAME|GID   group that may connect
  --socket-mode MODE        permission bits of the socket (default 0660)
  --allow NAME[,NAME]       what may be written to the kernel (default nothing):
${Object.entries(permissions)
  .map(([name, what]) => `                              ${name.padEnd(15)} ${what}`)
  .join('\n')}
  --allocate-below PATH[,PATH]  cgroups below which may be allocated (CPU, cache, memory), beside those of the policy
  --operator NAME[,NAME]    who may allocate, beside root and who runs the collector: users by name or number, and
                            tls:NAME, a DNS name or URI in the certificate of a client of another host
  --observer tls:NAME[,…]   clients of other hosts that may only read; without a role none is let in
  --tls-listen HOST:PORT    serve other hosts too, with mutual TLS, TLS 1.2 or newer; needs the three files:
  --tls-cert FILE           certificate of this collector, PEM, with those between it and its authority
  --tls-key FILE            its key; others may not read it
  --tls-client-ca FILE      authorities that sign the certificates of clients. Changed files hold for new connections
  --ledger DIR              folder of the original values of what is allocated (default ${defaults.ledger})
  --restore-on-stop WHAT    what gets its original value back on SIGTERM: leased (default), all, or none; SIGUSR2 stops
                            with none, for a collector that is started again
  --restore-now WHAT        leased or all: puts original values back, by the ledger of a collector that is dead, and ends
  --log-level LEVEL         critical, error, warning, info, debug or trace (default ${defaults.logLevel})
  --version                 print the version
  --help                    print this text
`;

/** Throws INVALID_ARGUMENT for anything it does not know. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseFlags(args);
  if (values.help === true) return { kind: 'help' };
  if (values.version === true) return { kind: 'version' };
  const { listen, config, allow, 'allocate-below': below, operator, ledger, 'socket-group': socketGroup } = values;
  const { observer, 'tls-listen': tlsListen, 'tls-cert': cert, 'tls-key': key, 'tls-client-ca': clientCa } = values;
  const { 'socket-mode': mode, 'log-level': logLevel, 'restore-on-stop': onStop, 'restore-now': now } = values;
  return {
    kind: 'run',
    configFile: config,
    restoreNow: now === undefined ? undefined : parseRestoreNow(now),
    settings: {
      ...(listen === undefined ? {} : { listen }),
      ...(socketGroup === undefined ? {} : { socketGroup }),
      ...(mode === undefined ? {} : { socketMode: parseSocketMode(mode, '--socket-mode') }),
      ...(logLevel === undefined ? {} : { logLevel }),
      ...(allow === undefined ? {} : { allow: parsePermissions(allow.split(','), '--allow') }),
      ...(below === undefined ? {} : { allocateBelow: parseBelow(below, '--allocate-below') }),
      ...(operator === undefined ? {} : { operators: parseNames(operator, '--operator') }),
      ...(observer === undefined ? {} : { observers: parseNames(observer, '--observer') }),
      ...(tlsListen === undefined ? {} : { tlsListen: parseHostPort(tlsListen, '--tls-listen') }),
      ...(cert === undefined ? {} : { tlsCert: parseAbsolute(cert, '--tls-cert') }),
      ...(key === undefined ? {} : { tlsKey: parseAbsolute(key, '--tls-key') }),
      ...(clientCa === undefined ? {} : { tlsClientCa: parseAbsolute(clientCa, '--tls-client-ca') }),
      ...(ledger === undefined ? {} : { ledger: parseAbsolute(ledger, '--ledger') }),
      ...(onStop === undefined ? {} : { restoreOnStop: parseRestored(onStop, '--restore-on-stop') }),
    },
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        config: { type: 'string' },
        listen: { type: 'string' },
        'socket-group': { type: 'string' },
        'socket-mode': { type: 'string' },
        'log-level': { type: 'string' },
        allow: { type: 'string' },
        'allocate-below': { type: 'string' },
        operator: { type: 'string' },
        observer: { type: 'string' },
        'tls-listen': { type: 'string' },
        'tls-cert': { type: 'string' },
        'tls-key': { type: 'string' },
        'tls-client-ca': { type: 'string' },
        ledger: { type: 'string' },
        'restore-on-stop': { type: 'string' },
        'restore-now': { type: 'string' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw new WcaError('INVALID_ARGUMENT', { subject: 'command line', message, remedy: 'see wca-collector --help' });
  }
}

/** `0660` → 0o660. Throws INVALID_ARGUMENT; others may never write to the socket, for that lets them connect. */
export function parseSocketMode(text: string, subject: string): number {
  const mode = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : undefined;
  if (mode !== undefined && (mode & 0o002) === 0) return mode;
  throw new WcaError('INVALID_ARGUMENT', {
    subject,
    message:
      mode === undefined
        ? `must be three octal digits, got ${JSON.stringify(text)}`
        : 'lets every user of the host connect',
    remedy: 'use 0660 with a socket group, or 0600',
  });
}

/** `wca,1001`: names of which none is empty. Throws INVALID_ARGUMENT. */
function parseNames(text: string, subject: string): readonly string[] {
  const names = text.split(',');
  if (names.every((name) => name !== '')) return names;
  throw new WcaError('INVALID_ARGUMENT', { subject, message: `a name is empty in ${JSON.stringify(text)}` });
}

/** `/batch,/machine.slice`: paths of cgroups, the root not among them. Throws INVALID_ARGUMENT. */
function parseBelow(text: string, subject: string): readonly string[] {
  const paths = parseNames(text, subject);
  for (const path of paths) {
    const checked = checkCgroupPath(path);
    if (!checked.ok) throw checked.error;
    if (path === '/') throw new WcaError('INVALID_ARGUMENT', { subject, message: 'the root is all of the host' });
  }
  return paths;
}

/** Throws INVALID_ARGUMENT. */
export function parseRestored(text: string, subject: string): Restored {
  const found = restorables.find((name) => name === text);
  if (found !== undefined) return found;
  const message = `must be one of ${restorables.join(', ')}, got ${JSON.stringify(text)}`;
  throw new WcaError('INVALID_ARGUMENT', { subject, message });
}

function parseRestoreNow(text: string): 'leased' | 'all' {
  if (text === 'leased' || text === 'all') return text;
  const message = `must be leased or all, got ${JSON.stringify(text)}`;
  throw new WcaError('INVALID_ARGUMENT', { subject: '--restore-now', message });
}

/** Throws INVALID_ARGUMENT. */
export function parseAbsolute(text: string, subject: string): string {
  if (text.startsWith('/') && !text.includes('\0')) return text;
  throw new WcaError('INVALID_ARGUMENT', { subject, message: `must be an absolute path, got ${JSON.stringify(text)}` });
}

/** `0.0.0.0:9153`, `[::1]:9153`. Throws INVALID_ARGUMENT. */
export function parseHostPort(text: string, subject: string): HostPort {
  const [, v6, name, digits = ''] = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  const remedy = 'such as 0.0.0.0:9153 or [::]:9153';
  throw new WcaError('INVALID_ARGUMENT', { subject, message: `${JSON.stringify(text)} is no HOST:PORT`, remedy });
}

/** Flags win over the file, the file over the defaults. Throws INVALID_ARGUMENT for half of what TLS needs. */
export function chooseOptions(flags: Settings, file: Settings): CollectorOptions {
  const { tlsListen, tlsCert, tlsKey, tlsClientCa, ...rest } = { ...file, ...flags };
  const tls = {
    ...(tlsListen === undefined ? {} : { 'tls-listen': tlsListen }),
    ...(tlsCert === undefined ? {} : { 'tls-cert': tlsCert }),
    ...(tlsKey === undefined ? {} : { 'tls-key': tlsKey }),
    ...(tlsClientCa === undefined ? {} : { 'tls-client-ca': tlsClientCa }),
  };
  return { ...defaults, ...rest, tls: chooseTls(tls) };
}

interface GivenTls {
  readonly 'tls-listen'?: HostPort;
  readonly 'tls-cert'?: string;
  readonly 'tls-key'?: string;
  readonly 'tls-client-ca'?: string;
}

function chooseTls(given: GivenTls): TlsSettings | undefined {
  const { 'tls-listen': listen, 'tls-cert': certPath, 'tls-key': keyPath, 'tls-client-ca': clientCaPath } = given;
  if (listen !== undefined && certPath !== undefined && keyPath !== undefined && clientCaPath !== undefined) {
    return { listen, certPath, keyPath, clientCaPath };
  }
  const names = Object.keys(given);
  if (names.length === 0) return undefined;
  const missing = ['tls-listen', 'tls-cert', 'tls-key', 'tls-client-ca'].filter((name) => !names.includes(name));
  const message = `--${names.join(', --')} without --${missing.join(', --')}`;
  const remedy = 'give all four: other hosts are served with mutual TLS or not at all';
  throw new WcaError('INVALID_ARGUMENT', { subject: 'TLS', message, remedy });
}

/** `wca:x:995:alice` of group(5): the number of a group given by name or number; undefined when there is none. */
export function findGid(group: string, etcGroup: string): number | undefined {
  if (/^\d{1,10}$/.test(group)) return Number(group);
  const line = etcGroup.split('\n').find((entry) => entry.startsWith(`${group}:`));
  const gid = line?.split(':')[2];
  return gid !== undefined && /^\d+$/.test(gid) ? Number(gid) : undefined;
}
