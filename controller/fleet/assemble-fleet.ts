import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { Episodes } from '../../shared/log/episodes.ts';
import type { LogFactory } from '../../shared/log/logger.ts';
import type { Configuration } from '../config/build.ts';
import type { CollectorsKey } from '../config/collectors-key.ts';
import { CollectorSource } from './collector-source.ts';
import { Fleet } from './fleet.ts';
import { type HostParts, HostRun } from './host-run.ts';

export interface FleetParts extends Pick<HostParts, 'environment' | 'connect'> {
  readonly logs: LogFactory;
  readonly clock: Clock;
  /** Of what concerns no single host. */
  readonly episodes: Episodes;
}

/** The fleet of a configuration that names collectors. */
export function assembleFleet(
  { runnerFor, storages }: Configuration,
  key: CollectorsKey,
  { logs, clock, episodes, environment, connect }: FleetParts,
): Fleet {
  const shared = new Set(storages);
  return new Fleet({
    source: new CollectorSource(key, episodes),
    makeHost: (entry) => new HostRun(entry, { logs, clock, environment, connect, runnerFor, shared }),
    storages,
    clock,
    logger: logs.logger('wca.fleet'),
  });
}
