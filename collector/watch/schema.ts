import type { WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { Column, Schema, WireError } from '../../shared/rpc/watch-messages.ts';
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
    unavailable: [...(set?.unavailable ?? []), ...source.flatMap(({ unavailable }) => unavailable)].map(toWireError),
    notes: [...(set?.notes ?? []), ...source.flatMap(({ notes }) => notes)].map(toWireError),
  };
}

const longestTextBytes = 2_000;

export function toWireError(error: WcaError): WireError {
  const { code, subject, message, remedy = '', errno = '' } = error;
  return {
    code,
    subject: subject.slice(0, limits.maxPathBytes + limits.maxIdBytes),
    message: message.slice(0, longestTextBytes),
    remedy,
    errno,
  };
}
