import type { Logger } from 'pino';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { Host } from '../model/host.ts';

/**
 * What the controller gives to the components it makes. Nothing may be used before the runner runs: `create` only
 * keeps what it needs, so that a configuration can be validated on a machine without a collector.
 */
export interface ComponentContext {
  readonly host: Host;
  readonly clock: Clock;
  /** Logger of a dotted module name: `wca.storages.log`. */
  logger(module: string): Logger;
}
