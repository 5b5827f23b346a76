import { encodeError } from '../../shared/rpc/error-codec.ts';
import type { Column, Schema } from '../../shared/rpc/watch-messages.ts';
import type { CounterSet } from './counter-set.ts';
import type { SharedSource } from './shared-source.ts';

/** What the columns of a subscriber's snapshots are made of, in their order. */
interface SchemaParts {
  readonly platform: readonly Column[];
  readonly files: readonly Column[];
  readonly set: CounterSet | undefined;
  readonly sources: readonly SharedSource[];
}

export function schemaOf(id: number, { platform, files, set, sources }: SchemaParts): Schema {
  const source = sources.map((shared) => shared.source);
  return {
    id,
    platform: [...platform, ...source.flatMap((one) => one.platform?.columns ?? [])],
    target: [...files, ...(set?.columns ?? []), ...source.flatMap((one) => one.targets?.columns ?? [])],
    unavailable: [...(set?.unavailable ?? []), ...source.flatMap(({ unavailable }) => unavailable)].map(encodeError),
    notes: [...(set?.notes ?? []), ...source.flatMap(({ notes }) => notes)].map(encodeError),
  };
}
