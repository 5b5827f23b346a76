import { closeSync, constants, mkdirSync, openSync, rmdirSync, writeSync } from 'node:fs';
import { thrownErrno } from '../errno.ts';

/** The system calls that change resctrl; each throws what node:fs throws. */
export interface ResctrlCalls {
  mkdir(path: string): void;
  rmdir(path: string): void;
  /** For writing. */
  open(path: string): number;
  write(fd: number, text: string): void;
  close(fd: number): void;
}

export const kernelCalls: ResctrlCalls = {
  mkdir: (path) => {
    mkdirSync(path);
  },
  rmdir: (path) => {
    rmdirSync(path);
  },
  open: (path) => openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW),
  write: (fd, text) => {
    writeSync(fd, text);
  },
  close: (fd) => {
    closeSync(fd);
  },
};

/** Name of the system call's error; anything else that was thrown is a bug and goes on. */
export function systemErrno(thrown: unknown): string {
  const errno = thrownErrno(thrown);
  if (errno === 'UNKNOWN') throw thrown;
  return errno;
}
