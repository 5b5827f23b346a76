import { readFileSync } from 'node:fs';
import { errnoName, WcaError } from '../../../shared/errors/wca-error.ts';

const maxSecretBytes = 16 * 1024;

/** The text of a secret file without the line feed at its end. Throws PERMISSION or INVALID_CONFIG naming the file. */
export function readSecret(file: string, parameter: string): string {
  const subject = `${parameter} ${file}`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (thrown) {
    const errno = errnoName(thrown) ?? 'UNKNOWN';
    const remedy = 'let the user of the controller read it';
    throw new WcaError('PERMISSION', { subject, errno, message: `cannot be read: ${errno}`, remedy });
  }
  if (text === '')
    throw new WcaError('INVALID_CONFIG', { subject, message: 'empty', remedy: 'write the secret into it' });
  if (text.length > maxSecretBytes || /[^\P{Cc}]/u.test(text)) {
    const message = 'longer than 16 KiB, or with control characters';
    throw new WcaError('INVALID_CONFIG', { subject, message, remedy: 'one line with the secret' });
  }
  return text;
}

export interface Credentials {
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
  readonly bearerTokenFile: string | undefined;
}

/** The Authorization header; files are read each time, since tokens are renewed. Empty without credentials. */
export function readAuthorization(credentials: Credentials): Readonly<Record<string, string>> {
  const { username, passwordFile, bearerTokenFile } = credentials;
  if (bearerTokenFile !== undefined) {
    return { authorization: `Bearer ${readSecret(bearerTokenFile, 'bearer_token_file')}` };
  }
  if (username === undefined || passwordFile === undefined) return {};
  const pair = `${username}:${readSecret(passwordFile, 'password_file')}`;
  return { authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` };
}
