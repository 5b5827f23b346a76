import { isErrorCode } from '../errors/codes.ts';
import { WcaError } from '../errors/wca-error.ts';
import { limits } from './limits.ts';
import type { WireError } from './watch-messages.ts';

const longestTextBytes = 2_000;

/** wca.v1.Error, its texts bounded. */
export function encodeError({ code, subject, message, remedy = '', errno = '' }: WcaError): WireError {
  return {
    code,
    subject: subject.slice(0, limits.maxPathBytes + limits.maxIdBytes),
    message: message.slice(0, longestTextBytes),
    remedy,
    errno,
  };
}

/** The error as it was thrown; a code of a newer peer becomes INTERNAL with the code in its message. */
export function decodeError(wire: WireError | null | undefined): WcaError | undefined {
  if (wire === null || wire === undefined) return undefined;
  const { code, subject, message, remedy, errno } = wire;
  const isKnown = isErrorCode(code);
  return new WcaError(isKnown ? code : 'INTERNAL', {
    subject,
    message: isKnown ? message : `${code}: ${message}`,
    ...(remedy === '' ? {} : { remedy }),
    ...(errno === '' ? {} : { errno }),
  });
}
