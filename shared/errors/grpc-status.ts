import { randomUUID } from 'node:crypto';
import { Metadata, status } from '@grpc/grpc-js';
import { errorCodes, isErrorCode } from './codes.ts';
import { toWcaError, WcaError } from './wca-error.ts';

/** What grpc-js wants of a failed call. */
export interface StatusObject {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Carries the WcaError beside the gRPC status, so that the client rebuilds the same error. */
const errorKey = 'wca-error-bin';

/**
 * The only way from an error to a gRPC status. What is not a WcaError never leaves the process as text: the peer gets
 * INTERNAL with an incident id, and `report` gets the id with the original.
 */
export function toStatus(thrown: unknown, report: (incident: string, thrown: unknown) => void): StatusObject {
  if (!(thrown instanceof WcaError) || thrown.code === 'INTERNAL') {
    const incident = randomUUID();
    report(incident, thrown);
    return statusOf(
      new WcaError('INTERNAL', { subject: 'internal error', message: `incident ${incident}, see the log` }),
    );
  }
  return statusOf(thrown);
}

function statusOf(error: WcaError): StatusObject {
  const metadata = new Metadata();
  const { code, subject, message, remedy, errno } = error;
  metadata.set(errorKey, Buffer.from(JSON.stringify({ code, subject, message, remedy, errno })));
  return { code: status[errorCodes[code].grpc], details: error.toText(), metadata };
}

/** The only way from a failed call to an error: the peer's own WcaError, or one made of the gRPC status. */
export function fromStatus(thrown: unknown, subject: string): WcaError {
  if (thrown instanceof WcaError) return thrown;
  const sent = sentError(thrown);
  if (sent !== undefined) return sent;
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
  const details =
    typeof thrown === 'object' && thrown !== null && 'details' in thrown ? String(thrown.details) : undefined;
  const facts = { subject, message: details ?? String(thrown), cause: thrown };
  switch (code) {
    case status.UNAVAILABLE:
      return new WcaError('UNAVAILABLE', facts);
    case status.CANCELLED:
      return new WcaError('CANCELLED', facts);
    case status.DEADLINE_EXCEEDED:
      return new WcaError('DEADLINE', facts);
    case status.PERMISSION_DENIED:
    case status.UNAUTHENTICATED:
      return new WcaError('PEER_DENIED', facts);
    case status.RESOURCE_EXHAUSTED:
      return new WcaError('LIMIT_REACHED', facts);
    case status.UNIMPLEMENTED:
      return new WcaError('FEATURE_ABSENT', facts);
    case status.INVALID_ARGUMENT:
      return new WcaError('INVALID_ARGUMENT', facts);
    default:
      return toWcaError(thrown, subject);
  }
}

function sentError(thrown: unknown): WcaError | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('metadata' in thrown)) return undefined;
  if (!(thrown.metadata instanceof Metadata)) return undefined;
  const [bytes] = thrown.metadata.get(errorKey);
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    return errorFromRecord(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined; // another software's trailer: the gRPC status is used instead
  }
}

function errorFromRecord(record: unknown): WcaError | undefined {
  if (typeof record !== 'object' || record === null) return undefined;
  const text = (key: string): string | undefined => {
    const value: unknown = Object.getOwnPropertyDescriptor(record, key)?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const code = text('code');
  if (code === undefined || !isErrorCode(code)) return undefined;
  const remedy = text('remedy');
  const errno = text('errno');
  return new WcaError(code, {
    subject: text('subject') ?? '',
    message: text('message') ?? '',
    ...(remedy === undefined ? {} : { remedy }),
    ...(errno === undefined ? {} : { errno }),
  });
}
