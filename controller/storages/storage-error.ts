import { errnoName, WcaError } from '../../shared/errors/wca-error.ts';

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'free space on its file system',
  EDQUOT: 'free space or raise the quota',
  EROFS: 'choose a path on a writable file system',
  EACCES: 'let the user the controller runs as write there',
  EPERM: 'let the user the controller runs as write there',
  ENOENT: 'create the folder',
  ENOTDIR: 'create the folder',
  EISDIR: 'name a file, not a folder',
  EPIPE: 'the program that reads it has ended: restart the two together',
  ENXIO: 'start the program that reads the pipe first',
};

/** STORAGE_FAILED for a file or stream, or INVALID_CONFIG where it should have been right from the start. */
export function storageError(
  subject: string,
  thrown: unknown,
  code: 'STORAGE_FAILED' | 'INVALID_CONFIG' = 'STORAGE_FAILED',
): WcaError {
  if (thrown instanceof WcaError) return thrown;
  const errno = errnoName(thrown);
  const remedy = errno === undefined ? undefined : remedies[errno];
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new WcaError(code, {
    subject,
    message,
    cause: thrown,
    ...(errno === undefined ? {} : { errno }),
    ...(remedy === undefined ? {} : { remedy }),
  });
}
