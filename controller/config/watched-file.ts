import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoName, toWcaError, type WcaError } from '../../shared/errors/wca-error.ts';
import { type Identity, readIdentity, readSafeFile } from './file-safety.ts';

export interface WatchedFileOptions<T> {
  /** Relative to the working folder. */
  readonly path: string;
  /** What a text says; `file` is for messages. Throws for one that cannot be used. */
  readonly parse: (text: string, file: string) => T;
  /** Whose files are trusted; those of the user who starts the controller. */
  readonly identity?: Identity | undefined;
}

/** What is in force. */
export type WatchedState<T> =
  /** There is no file. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'good'; readonly value: T }
  /** The latest version cannot be used: the value of the last good one; undefined if there was none. */
  | { readonly kind: 'bad'; readonly value: T | undefined; readonly error: WcaError };

/** A file that is read again when it has changed; the last good version stays in force over bad ones. */
export class WatchedFile<T> {
  readonly path: string;
  readonly #parse: WatchedFileOptions<T>['parse'];
  readonly #identity: Identity;
  #version: string | undefined;
  #state: WatchedState<T> = { kind: 'missing' };
  #failures = 0;

  constructor({ path, parse, identity = readIdentity() }: WatchedFileOptions<T>) {
    this.path = resolve(path);
    this.#parse = parse;
    this.#identity = identity;
  }

  /** Versions that could not be used. */
  get failures(): number {
    return this.#failures;
  }

  /** The same object as long as the file is the same. */
  read(): WatchedState<T> {
    const version = this.#readVersion();
    if (version === this.#version) return this.#state;
    this.#version = version;
    this.#state = version === undefined ? { kind: 'missing' } : this.#load();
    return this.#state;
  }

  #load(): WatchedState<T> {
    try {
      return { kind: 'good', value: this.#parse(readSafeFile(this.path, this.#identity), this.path) };
    } catch (thrown) {
      this.#failures += 1;
      const value = this.#state.kind === 'missing' ? undefined : this.#state.value;
      return { kind: 'bad', value, error: toWcaError(thrown, this.path) };
    }
  }

  /** undefined: there is no file. A text that differs when the file does. */
  #readVersion(): string | undefined {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = statSync(this.path, { bigint: true });
      return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
    } catch (thrown) {
      const errno = errnoName(thrown);
      // Any other reason is told by the attempt to read.
      return errno === 'ENOENT' || errno === 'ENOTDIR' ? undefined : `unreadable ${errno}`;
    }
  }
}
