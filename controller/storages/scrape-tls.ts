import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { errnoName, WcaError } from '../../shared/errors/wca-error.ts';
import { WatchedFiles } from './watched-files.ts';

export interface ScrapeTlsFiles {
  /** PEM of the certificate with those between it and its authority. */
  readonly certPath: string;
  readonly keyPath: string;
  /** PEM of the authorities one of which a client's certificate must be signed by; undefined: clients need none. */
  readonly clientCaPath?: string | undefined;
}

/** The certificate of the scrape endpoint. TLS 1.2 or newer; OpenSSL's level 2 refuses RSA keys below 2048 bits. */
export class ScrapeTls {
  readonly #files: ScrapeTlsFiles;
  readonly #watched: WatchedFiles;

  constructor(files: ScrapeTlsFiles) {
    this.#files = files;
    const { certPath, keyPath, clientCaPath } = files;
    this.#watched = new WatchedFiles([certPath, keyPath, ...(clientCaPath === undefined ? [] : [clientCaPath])]);
  }

  get wantsClientCertificate(): boolean {
    return this.#files.clientCaPath !== undefined;
  }

  /** Reads the files. Throws INVALID_CONFIG naming the one that is wrong. */
  load(): SecureContextOptions {
    this.#watched.haveChanged();
    const { certPath, keyPath, clientCaPath } = this.#files;
    const context: SecureContextOptions = {
      minVersion: 'TLSv1.2',
      ciphers: 'DEFAULT@SECLEVEL=2',
      cert: readPem(certPath, 'tls_cert_path'),
      key: readPem(keyPath, 'tls_key_path'),
      ...(clientCaPath === undefined ? {} : { ca: readPem(clientCaPath, 'tls_client_ca_path') }),
    };
    try {
      createSecureContext(context);
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      throw wrong(`tls_cert_path ${certPath}`, {
        message,
        remedy: 'give a PEM certificate and the key it was made with',
      });
    }
    return context;
  }

  /** What to use from now on, when the files have changed and are right. */
  reload(): SecureContextOptions | undefined {
    if (!this.#watched.haveChanged()) return undefined;
    try {
      return this.load();
    } catch {
      // Half written, or the key comes a moment after the certificate: looked at again when they change again.
      return undefined;
    }
  }
}

function readPem(file: string, parameter: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const remedy = 'let the user of the controller read it';
    throw wrong(`${parameter} ${file}`, { message: `cannot be read: ${errnoName(thrown) ?? thrown}`, remedy });
  }
}

function wrong(subject: string, facts: { readonly message: string; readonly remedy: string }): WcaError {
  return new WcaError('INVALID_CONFIG', { subject: `PrometheusStorage ${subject}`, ...facts });
}
