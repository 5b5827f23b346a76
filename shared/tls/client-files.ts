import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { errnoName, WcaError } from '../errors/wca-error.ts';

/** Whom a client trusts and who it is, in PEM files. */
export interface ClientFiles {
  /** Authorities that sign the certificates of collectors. */
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
}

/** What was given of them by the options `--tls-ca`, `--tls-cert`, `--tls-key`. */
export interface GivenFiles {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** All three, checked as they are now. Throws INVALID_ARGUMENT for a missing one, INVALID_CONFIG for a wrong one. */
export function checkClientFiles({ ca, cert, key }: GivenFiles): ClientFiles {
  if (ca === undefined || cert === undefined || key === undefined) {
    const missing = Object.entries({ ca, cert, key }).flatMap(([name, file]) => (file === undefined ? [name] : []));
    throw new WcaError('INVALID_ARGUMENT', {
      subject: 'a collector of another host',
      message: `--tls-${missing.join(', --tls-')} missing`,
      remedy: 'both sides show certificates: give --tls-ca, --tls-cert and --tls-key',
    });
  }
  const material = { ca: read(ca, '--tls-ca'), cert: read(cert, '--tls-cert'), key: read(key, '--tls-key') };
  try {
    createSecureContext(material);
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const remedy = 'give PEM files: a certificate and the key it was made with';
    throw new WcaError('INVALID_CONFIG', { subject: `--tls-cert ${cert}`, message, remedy });
  }
  return { caPath: ca, certPath: cert, keyPath: key };
}

function read(file: string, option: string): Buffer {
  try {
    return readFileSync(file);
  } catch (thrown) {
    const message = `cannot be read: ${errnoName(thrown) ?? thrown}`;
    throw new WcaError('INVALID_CONFIG', { subject: `${option} ${file}`, message });
  }
}
