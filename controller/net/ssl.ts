import { readFileSync } from 'node:fs';
import { errnoName, WcaError } from '../../shared/errors/wca-error.ts';
import { defineConfig } from '../config/component.ts';
import { optional, withDefault } from '../config/parameters.ts';
import { bool, path, union } from '../config/types.ts';

/** What is given to TLS for one connection; tls.SecureContextOptions of Node. */
export interface TlsMaterial {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly rejectUnauthorized: boolean;
  readonly minVersion: 'TLSv1.2';
  /** OpenSSL's level 2 refuses RSA keys below 2048 bits (spec config W-33). */
  readonly ciphers: string;
}

export interface SslFiles {
  /** False: whoever answers is trusted. */
  readonly verify: boolean;
  /** PEM of the authorities that are trusted instead of the system's. */
  readonly caPath?: string | undefined;
  readonly certPath?: string | undefined;
  /** undefined: it is in the file of the certificate. */
  readonly keyPath?: string | undefined;
}

/** Whom to trust and who to be on TLS connections. Files are read anew for each new connection pool. */
export class Ssl {
  readonly #files: SslFiles;

  constructor(files: SslFiles) {
    this.#files = files;
  }

  /** Throws PERMISSION with the file that cannot be read. */
  load(): TlsMaterial {
    const { verify, caPath, certPath, keyPath } = this.#files;
    const cert = certPath === undefined ? undefined : readPem(certPath, 'client_cert_path');
    return {
      ca: caPath === undefined ? undefined : readPem(caPath, 'server_verify'),
      cert,
      key: keyPath === undefined ? cert : readPem(keyPath, 'client_key_path'),
      rejectUnauthorized: verify,
      minVersion: 'TLSv1.2',
      ciphers: 'DEFAULT@SECLEVEL=2',
    };
  }
}

function readPem(file: string, parameter: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new WcaError('PERMISSION', {
      subject: `${parameter} ${file}`,
      errno: errnoName(thrown) ?? 'UNKNOWN',
      message: 'cannot be read',
      remedy: 'let the user of the controller read it',
    });
  }
}

/** `!SSL` (spec config §3.8, §6). */
export const ssl = defineConfig({
  tag: 'SSL',
  kind: 'config',
  since: 'seed',
  doc: 'Whom to trust and who to be on TLS connections. Always TLS 1.2 or newer; files are read again when they change.',
  parameters: {
    server_verify: withDefault(union(bool(), path({ absolute: true, readable: true })), true, {
      doc: 'true: by the authorities of the system. A path: by those in this file only. false: whoever answers is trusted, which is for tests.',
    }),
    client_cert_path: optional(path({ absolute: true, readable: true }), {
      doc: 'PEM of the client certificate, and of its key unless client_key_path is given.',
    }),
    client_key_path: optional(path({ absolute: true, readable: true }), { doc: 'PEM of its key.' }),
  },
  example:
    '!SSL {server_verify: /etc/wca/ca.crt, client_cert_path: /etc/wca/client.crt, client_key_path: /etc/wca/client.key}',
  create({ server_verify: verify, client_cert_path: certPath, client_key_path: keyPath }): Ssl {
    if (keyPath !== undefined && certPath === undefined) {
      throw new WcaError('INVALID_CONFIG', {
        subject: 'SSL',
        message: 'client_key_path is given without client_cert_path',
        remedy: 'give the certificate of the key as well',
      });
    }
    return new Ssl({
      verify: verify !== false,
      caPath: typeof verify === 'string' ? verify : undefined,
      certPath,
      keyPath,
    });
  },
});
