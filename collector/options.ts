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
  /** Names or numbers of users that may allocate, beside root and who runs the collector. */
  readonly operators: readonly string[];
  /** Folder of the original values; on tmpfs, for they are worth nothing after a boot. */
  readonly ledger: string;
  /** What gets its original value back when the collector stops. */
  readonly restoreOnStop: Restored;
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
  ledger: '/run/wca/ledger',
  restoreOnStop: 'leased',
};

export const usage = `usage: wca-collector [options]

Measures the cgroups of this host and serves the measurements on a Unix socket. Needs root or CAP_PERFMON for perf.

  --config FILE             JSON file with the keys listen, socket_group, socket_mode, log_level, allow, allocate,
                            operators, ledger, restore_on_stop; flags go before it
  --listen unix:PATH        socket to serve on (default ${defaults.listen}); ignored under systemd socket activation
  --socket-group NAME|GID   group that may connect
  --socket-mode MODE        permission bits of the socket (default 0660)
  --allow NAME[,NAME]       what may be written to the kernel (default nothing):
${Object.entries(permissions)
  .map(([name, what]) => `                              ${name.padEnd(15)} ${what}`)
  .join('\n')}
  --allocate-below PATH[,PATH]  cgroups below which may be allocated (CPU, cache, memory), beside those of the policy
  --operator USER[,USER]    users (names or numbers) that may allocate, beside root and who runs the collector
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
      ...(ledger === undefined ? {} : { ledger: parseFolder(ledger, '--ledger') }),
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
export function parseFolder(text: string, subject: string): string {
  if (text.startsWith('/') && !text.includes('\0')) return text;
  throw new WcaError('INVALID_ARGUMENT', { subject, message: `must be an absolute path, got ${JSON.stringify(text)}` });
}

/** Flags win over the file, the file over the defaults. */
export function chooseOptions(flags: Settings, file: Settings): CollectorOptions {
  return { ...defaults, ...file, ...flags };
}

/** `wca:x:995:alice` of group(5): the number of a group given by name or number; undefined when there is none. */
export function findGid(group: string, etcGroup: string): number | undefined {
  if (/^\d{1,10}$/.test(group)) return Number(group);
  const line = etcGroup.split('\n').find((entry) => entry.startsWith(`${group}:`));
  const gid = line?.split(':')[2];
  return gid !== undefined && /^\d+$/.test(gid) ? Number(gid) : undefined;
}
