import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { errnoName, toWcaError, WcaError } from '../errors/wca-error.ts';
import { WatchedFiles } from './watched-files.ts';

export interface ServerCertificateFiles {
  /** PEM of the certificate with those between it and its authority. */
  readonly certPath: string;
  readonly keyPath: string;
  /** PEM of the authorities one of which a client's certificate must be signed by; undefined: clients need none. */
  readonly clientCaPath?: string | undefined;
}

/** How errors name the files: `PrometheusStorage tls_cert_path`, `--tls-cert`. */
export interface ServerCertificateNames {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string;
  /** Whose user must be able to read them. */
  readonly reader: string;
}

/**
 * Who a TLS server is and which clients it trusts, from files that may change. TLS 1.2 or newer; OpenSSL's level 2
 * refuses RSA keys below 2048 bits.
 */
export class ServerCertificate {
  readonly #files: ServerCertificateFiles;
  readonly #names: ServerCertificateNames;
  readonly #watched: WatchedFiles;

  constructor(files: ServerCertificateFiles, names: ServerCertificateNames) {
    this.#files = files;
    this.#names = names;
    const { certPath, keyPath, clientCaPath } = files;
    this.#watched = new WatchedFiles([certPath, keyPath, ...(clientCaPath === undefined ? [] : [clientCaPath])]);
  }

  get wantsClientCertificate(): boolean {
    return this.#files.clientCaPath !== undefined;
  }

  /** Reads the files. Throws INVALID_CONFIG naming the one that is wrong, or a key that everybody may read. */
  load(): SecureContextOptions {
    this.#watched.haveChanged();
    const { certPath, keyPath, clientCaPath } = this.#files;
    const { cert, key, clientCa } = this.#names;
    this.#checkKey(keyPath);
    const context: SecureContextOptions = {
      minVersion: 'TLSv1.2',
      ciphers: 'DEFAULT@SECLEVEL=2',
      cert: this.#readPem(certPath, cert),
      key: this.#readPem(keyPath, key),
      ...(clientCaPath === undefined ? {} : { ca: this.#readPem(clientCaPath, clientCa) }),
    };
    try {
      createSecureContext(context);
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      const remedy = 'give a PEM certificate and the key it was made with';
      throw new WcaError('INVALID_CONFIG', { subject: `${cert} ${certPath}`, message, remedy });
    }
    return context;
  }

  /**
   * What to use from now on, when the files have changed; the error while they are wrong (half written, or the key comes
   * a moment after the certificate): they are looked at again when they change again. undefined: nothing changed.
   */
  reload(): SecureContextOptions | WcaError | undefined {
    if (!this.#watched.haveChanged()) return undefined;
    try {
      return this.load();
    } catch (thrown) {
      return toWcaError(thrown, this.#files.certPath, 'INVALID_CONFIG');
    }
  }

  #checkKey(file: string): void {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined || (stat.mode & 0o004) === 0) return;
    const remedy = `chmod o-r ${file}`;
    const subject = `${this.#names.key} ${file}`;
    throw new WcaError('INVALID_CONFIG', { subject, message: 'can be read by everybody', remedy });
  }

  #readPem(file: string, name: string): string {
    try {
      return readFileSync(file, 'utf8');
    } catch (thrown) {
      const message = `cannot be read: ${errnoName(thrown) ?? thrown}`;
      const remedy = `let the user of the ${this.#names.reader} read it`;
      throw new WcaError('INVALID_CONFIG', { subject: `${name} ${file}`, message, remedy });
    }
  }
}
