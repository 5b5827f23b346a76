import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate with its key, in files. */
export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
}

export interface CertificateWishes {
  /** Names and addresses it is for: `IP:127.0.0.1`. */
  readonly names?: string;
  readonly rsaBits?: number;
  /** `0` or less: it has expired. */
  readonly days?: string;
}

/** An authority of its own, made with openssl(1). */
export class TestAuthority {
  readonly folder: string;
  readonly caPath: string;
  readonly #keyPath: string;
  #count = 0;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'wca-tls-'));
    this.caPath = join(this.folder, 'ca.crt');
    this.#keyPath = join(this.folder, 'ca.key');
    const subject = ['-subj', '/CN=WCA test authority', '-days', '1', '-nodes'];
    this.#openssl('req', '-x509', '-newkey', 'rsa:2048', '-keyout', this.#keyPath, '-out', this.caPath, ...subject);
  }

  /** Whether openssl is there. */
  static isPossible(): boolean {
    try {
      execFileSync('openssl', ['version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }

  issue(commonName: string, { names, rsaBits = 2048, days = '1' }: CertificateWishes = {}): Certificate {
    this.#count += 1;
    const base = join(this.folder, `${this.#count}`);
    const [keyPath, csr, certPath, extensions] = [`${base}.key`, `${base}.csr`, `${base}.crt`, `${base}.ext`];
    const subject = ['-subj', `/CN=${commonName}`, '-nodes'];
    this.#openssl('req', '-newkey', `rsa:${rsaBits}`, '-keyout', keyPath, '-out', csr, ...subject);
    writeFileSync(extensions, names === undefined ? 'basicConstraints=CA:FALSE\n' : `subjectAltName=${names}\n`);
    const authority = ['-CA', this.caPath, '-CAkey', this.#keyPath, '-CAcreateserial', '-extfile', extensions];
    this.#openssl('x509', '-req', '-in', csr, '-out', certPath, ...authority, '-days', days);
    return { certPath, keyPath };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'ignore' });
  }
}

export function readPair({ certPath, keyPath }: Certificate): { readonly cert: string; readonly key: string } {
  return { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') };
}
