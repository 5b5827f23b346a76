import type { ServiceDefinition } from '@grpc/grpc-js';
import { WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { decodeUntrusted, readFields } from '../../shared/rpc/wire.ts';
import type { UnaryHandler } from './calls.ts';

/** Requests come to their handlers as bytes, so that a bad one ends the call with a status that says why. */

/** Fields of one request. Its lists are of texts, so that this bounds what decoding it takes. */
const maxFields = limits.maxCgroups + 100;

const same = (bytes: Buffer): Buffer => bytes;

/**
 * The service with the bytes of requests as they came. The answers of Watch are bytes too: a snapshot is encoded once,
 * when its columns are filled, and not when the stream gets round to it.
 */
export function withRawRequests(service: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => {
      const answers = name === 'Watch' ? { responseSerialize: same } : {};
      return [name, { ...method, requestDeserialize: same, ...answers }];
    }),
  );
}

/** The generated decoder of a method's requests, with a bound: INVALID_ARGUMENT, LIMIT_REACHED instead of much memory. */
export function decoderOf<Request>(service: ServiceDefinition, name: string): (bytes: Buffer) => Request {
  const method = service[name];
  if (method === undefined) throw new Error(`the contract lacks ${name}`);
  const subject = `${name}Request`;
  return (bytes) => {
    checkFields(bytes, subject);
    // proto-loader makes what the generated type of the same message says.
    return decodeUntrusted(bytes, subject, () => method.requestDeserialize(bytes) as Request);
  };
}

/** A handler of bytes. */
export function decoding<Request, Reply>(
  decode: (bytes: Buffer) => Request,
  handler: UnaryHandler<Request, Reply>,
): UnaryHandler<Buffer, Reply> {
  return async (bytes, context) => handler(decode(bytes), context);
}

function checkFields(bytes: Buffer, subject: string): void {
  let fields = 0;
  decodeUntrusted(bytes, subject, (reader) => {
    readFields(reader, reader.len, () => {
      fields += 1;
      if (fields <= maxFields) return false;
      throw new WcaError('LIMIT_REACHED', { subject, message: `more than ${maxFields} fields in one request` });
    });
  });
}
