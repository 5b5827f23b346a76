import { readFileSync } from 'node:fs';
import { errnoName, WcaError } from '../../shared/errors/wca-error.ts';

const maxCharacters = 16 * 1024;

/** The line of a secret file, without the line feed at its end. Throws PERMISSION or INVALID_CONFIG naming the file. */
export function readSecret(file: string, parameter: string): string {
  const subject = `${parameter} ${file}`;
  const text = readText(file, subject);
  if (text === '') {
    throw new WcaError('INVALID_CONFIG', { subject, message: 'empty', remedy: 'write the secret into it' });
  }
  if (text.length > maxCharacters || /\p{Cc}/u.test(text)) {
    const message = 'more than one line, or longer than 16 KiB';
    throw new WcaError('INVALID_CONFIG', { subject, message, remedy: 'write one line with the secret into it' });
  }
  return text;
}

function readText(file: string, subject: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (thrown) {
    const errno = errnoName(thrown) ?? 'UNKNOWN';
    const remedy = errno === 'ENOENT' ? 'make the file' : 'let the user of the controller read it';
    throw new WcaError('PERMISSION', { subject, errno, message: `cannot be read: ${errno}`, remedy, cause: thrown });
  }
}
