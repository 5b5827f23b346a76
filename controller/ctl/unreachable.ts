import { WcaError } from '../../shared/errors/wca-error.ts';
import { explainTls } from '../../shared/tls/explain-tls.ts';

/** Which of the two processes. */
export type Side = 'collector' | 'controller';

const startRemedies: Readonly<Record<Side, string>> = {
  collector: 'start it: systemctl start wca-collector, or both for a look: wca-ctl run',
  controller: 'start it: systemctl start wca-controller, or both for a look: wca-ctl run',
};

/**
 * Says what a failed call means to an operator. The channel's own words are
 * `No connection established. Last error: connect ENOENT /run/wca/collector.sock`.
 */
export function explainCall(error: WcaError, side: Side, timeoutMs: number): WcaError {
  const facts = { subject: error.subject, cause: error };
  if (error.code === 'DEADLINE') {
    const message = `no answer within ${timeoutMs / 1000} s`;
    return new WcaError('DEADLINE', { ...facts, message, remedy: 'try --timeout with more seconds' });
  }
  if (error.code !== 'UNAVAILABLE') return error;
  if (/^(collector (at )?)?tls:/.test(error.subject))
    return explainTls(error, error.subject.replace(/^collector (at )?/, ''));
  if (/\b(EACCES|EPERM)\b/.test(error.message)) {
    return new WcaError('PEER_DENIED', {
      ...facts,
      message: 'this user may not connect to the socket',
      remedy: "run as root, or as a member of the socket's group",
    });
  }
  if (/\b(ENOENT|ECONNREFUSED|ENOTDIR)\b/.test(error.message)) {
    const absent = /ECONNREFUSED/.test(error.message) ? 'nobody listens on the socket' : 'there is no such socket';
    return new WcaError('UNAVAILABLE', {
      ...facts,
      message: `not running: ${absent}`,
      remedy: startRemedies[side],
    });
  }
  return error.remedy === undefined
    ? new WcaError('UNAVAILABLE', { ...facts, message: error.message, remedy: startRemedies[side] })
    : error;
}

/** Only Unix sockets are spoken here: `unix:/path`. Throws INVALID_ARGUMENT. */
export function parseAddress(text: string, option: string): string {
  const path = text.startsWith('unix:') ? text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '') : text;
  if (!path.startsWith('/') || path.includes('\0')) {
    throw new WcaError('INVALID_ARGUMENT', {
      subject: option,
      message: `${JSON.stringify(text)} is no address of a Unix socket`,
      remedy: 'give unix:/absolute/path',
    });
  }
  return `unix:${path}`;
}
