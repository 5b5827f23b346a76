import { WcaError } from '../errors/wca-error.ts';

/** Version of the contract (proto/wca/v1) and of this software. Majors must match; see ApiVersion in collector.proto. */
export interface ApiVersion {
  readonly major: number;
  readonly minor: number;
  readonly software: string;
}

export const apiVersion: ApiVersion = { major: 1, minor: 0, software: '1.0.0' };

/** Throws VERSION_MISMATCH when `peer` speaks another major version. */
export function checkVersion(peer: ApiVersion | undefined, subject: string): void {
  if (peer !== undefined && peer.major === apiVersion.major) return;
  const theirs = peer === undefined ? 'none' : `${peer.major}.${peer.minor} (WCA ${peer.software})`;
  throw new WcaError('VERSION_MISMATCH', {
    subject,
    message: `peer speaks contract version ${theirs}, this side ${apiVersion.major}.${apiVersion.minor} (WCA ${apiVersion.software})`,
    remedy: 'install the same major version of WCA on both sides',
  });
}
