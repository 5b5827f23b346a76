import { WcaError } from '../../shared/errors/wca-error.ts';
import { explainTls } from '../../shared/tls/explain-tls.ts';

/** gRPC's words for "nobody listens there" help nobody. */
export function explain(error: WcaError, address: string): WcaError {
  if (error.code !== 'UNAVAILABLE' || error.remedy !== undefined) return error;
  if (address.startsWith('tls:')) return explainTls(error, address);
  return new WcaError('UNAVAILABLE', {
    subject: `collector ${address}`,
    message: error.message.replace(/\s*Resolution note:\s*$/, ''),
    remedy:
      'start wca-collector there, or give its address with --collector; this user must be in the group of the socket',
    cause: error,
  });
}
