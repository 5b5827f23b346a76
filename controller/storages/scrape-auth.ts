import { createHash, timingSafeEqual } from 'node:crypto';
import { WatchedFiles } from '../../shared/tls/watched-files.ts';
import { readSecret } from './read-secret.ts';

export interface ScrapeUser {
  readonly username: string;
  /** Read again when it changes. */
  readonly passwordFile: string;
}

/** HTTP basic authentication (RFC 7617) of one user. */
export class BasicAuth {
  readonly #user: ScrapeUser;
  readonly #files: WatchedFiles;
  #expected: Buffer | undefined;

  constructor(user: ScrapeUser) {
    this.#user = user;
    this.#files = new WatchedFiles([user.passwordFile]);
  }

  /** Reads the password. Throws PERMISSION or INVALID_CONFIG. */
  load(): void {
    this.#files.haveChanged();
    const { username, passwordFile } = this.#user;
    this.#expected = digest(Buffer.from(`${username}:${readSecret(passwordFile, 'password_file')}`, 'utf8'));
  }

  /** Whether an Authorization header is that of the user; takes as long for any other. */
  allows(header: string | undefined): boolean {
    this.#refresh();
    const [, given = ''] = /^basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? [];
    const same = timingSafeEqual(digest(Buffer.from(given, 'base64')), this.#expected ?? Buffer.alloc(32));
    return same && this.#expected !== undefined;
  }

  #refresh(): void {
    if (!this.#files.haveChanged()) return;
    try {
      this.load();
    } catch {
      // Half written, or gone for a moment: the password that was known holds.
    }
  }
}

/** Of equal length whatever was given, so that the comparison tells nothing. */
function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
