import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { WcaError } from '../../shared/errors/wca-error.ts';

/**
 * Replaces a file at once, keeping its mode, and the old one as `FILE.orig`. Throws INVALID_ARGUMENT for a link, whose
 * file is somewhere else, and when there is an `.orig` already.
 */
export function replaceFileKeepingOld(path: string, text: string): void {
  const stat = lstatSync(path);
  if (!stat.isFile()) {
    const remedy = 'name the file itself';
    throw new WcaError('INVALID_ARGUMENT', { subject: path, message: 'is not a regular file', remedy });
  }
  const old = `${path}.orig`;
  try {
    copyFileSync(path, old, constants.COPYFILE_EXCL);
  } catch (thrown) {
    const remedy = 'move it away first';
    throw new WcaError('INVALID_ARGUMENT', { subject: old, message: 'cannot be made', remedy, cause: thrown });
  }
  const next = join(dirname(path), `.${process.pid}.wca-migrate`);
  try {
    const fd = openSync(next, 'wx', stat.mode & 0o777);
    try {
      writeSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(next, path);
  } catch (thrown) {
    rmSync(next, { force: true });
    throw thrown;
  }
}
