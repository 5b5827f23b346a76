import type { WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { Column, Schema, WireError } from '../../shared/rpc/watch-messages.ts';
import type { CounterSet } from './counter-set.ts';

export function schemaOf(
  id: number,
  columns: {
    readonly platform: readonly Column[];
    readonly files: readonly Column[];
    readonly set: CounterSet | undefined;
  },
): Schema {
  const { platform, files, set } = columns;
  return {
    id,
    platform,
    target: [...files, ...(set?.columns ?? [])],
    unavailable: (set?.unavailable ?? []).map(toWireError),
    notes: [],
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
