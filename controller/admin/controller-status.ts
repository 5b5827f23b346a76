import type { WcaError } from '../../shared/errors/wca-error.ts';
import type { Episodes, TroubleCount } from '../../shared/log/episodes.ts';
import type { CollectorSession } from '../../shared/rpc/gen/wca/v1/CollectorSession.ts';
import type { Error as ErrorMessage } from '../../shared/rpc/gen/wca/v1/Error.ts';
import type { GetControllerStatusResponse } from '../../shared/rpc/gen/wca/v1/GetControllerStatusResponse.ts';
import type { StorageStatus } from '../../shared/rpc/gen/wca/v1/StorageStatus.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import { readSelfUsage } from '../../shared/self/self-usage.ts';
import type { FollowedHost } from '../fleet/followed-host.ts';
import type { DelayMeter } from './delay-meter.ts';

export interface StatusParts {
  /** Those that are followed now. */
  readonly hosts: () => readonly FollowedHost[];
  /** Of what concerns no single host. */
  readonly episodes: Episodes;
  readonly delay: DelayMeter;
  readonly configFile: string;
}

/** How the controller is doing. */
export function controllerStatus({ hosts, episodes, delay, configFile }: StatusParts): GetControllerStatusResponse {
  const all = hosts();
  const [only, ...others] = all;
  const troubles = new Map([[episodes, ''], ...all.map((host) => [host.episodes, host.name] as const)]);
  const isOne = others.length === 0;
  return {
    server: apiVersion,
    pid: process.pid,
    uptimeSeconds: process.uptime(),
    configFile,
    collectors: all.flatMap(sessionsOf),
    // Of several hosts each has its own.
    steps: isOne ? [...(only?.board.iteration?.steps ?? [])] : [],
    iterations: sum(all, ({ board }) => board.iteration?.sequence ?? 0),
    tasks: sum(all, ({ board }) => board.iteration?.tasks.size ?? 0),
    storages: storagesOf(all),
    errorCounts: addCounts([...troubles.keys()].flatMap((one) => one.counts())),
    openEpisodes: [...troubles].flatMap(([one, name]) => openTroubles(one, name)),
    usage: { ...readSelfUsage(), eventLoopDelaySeconds: delay.takeLongestSeconds() },
    discovery: isOne ? (only?.board.status.discovery ?? '') : '',
    endpoints: [...new Set(all.flatMap(({ board }) => board.status.endpoints))],
    notes: isOne ? [...(only?.board.iteration?.delivery.schema.notes ?? [])] : [],
  };
}

function sessionsOf({ name, board }: FollowedHost): CollectorSession[] {
  const { status, host, iteration } = board;
  return status.collectors.map(({ error, ...session }) => ({
    ...session,
    error: messageOf(error),
    node: name,
    hostname: host?.hostname ?? '',
    tasks: iteration?.tasks.size ?? 0,
    iterations: iteration?.sequence ?? 0,
    discovery: status.discovery,
  }));
}

/** A storage of several hosts once, with the batches of all; the first trouble stands for the others. */
function storagesOf(hosts: readonly FollowedHost[]): StorageStatus[] {
  const byName = new Map<string, StorageStatus>();
  for (const { name, describe, status } of hosts.flatMap(({ board }) => board.status.storages)) {
    const key = `${name}: ${describe}`;
    const { stored = 0, dropped = 0, failed = 0, error = null } = byName.get(key) ?? {};
    byName.set(key, {
      name: key,
      stored: Number(stored) + status.stored,
      dropped: Number(dropped) + status.dropped,
      failed: Number(failed) + status.failed,
      error: error ?? messageOf(status.error),
    });
  }
  return [...byName.values()];
}

function addCounts(counts: readonly TroubleCount[]): TroubleCount[] {
  const byKind = new Map<string, TroubleCount>();
  for (const { code, source, count } of counts) {
    const key = `${code} ${source}`;
    byKind.set(key, { code, source, count: count + (byKind.get(key)?.count ?? 0) });
  }
  return [...byKind.values()];
}

/** Of one of several hosts they begin with its name. */
function openTroubles(episodes: Episodes, name: string): ErrorMessage[] {
  return episodes.open().flatMap(({ error }) => {
    const message = messageOf(error);
    if (message === null) return [];
    return name === '' ? message : { ...message, subject: `${name}: ${message.subject}` };
  });
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function messageOf(error: WcaError | undefined): ErrorMessage | null {
  if (error === undefined) return null;
  const { code, subject, message, remedy = '', errno = '' } = error;
  return { code, subject, message, remedy, errno };
}
