import { readSecret } from '../read-secret.ts';

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
