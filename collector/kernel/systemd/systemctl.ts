import { execFile } from 'node:child_process';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';

const timeoutMs = 10_000;
const maxOutputBytes = 64 * 1024;
const maxMessageCharacters = 300;
/** Where systemctl is looked for, whatever the PATH of this process is. */
const searchPath = '/usr/bin:/bin';

/** Runs `systemctl` with arguments as they are; what it prints. */
export type Systemctl = (args: readonly string[]) => Promise<Reading<string>>;

/**
 * The real one: without a shell, its own environment only, bounded in time and output. KERNEL_REFUSED with its text
 * when it fails, DEADLINE, FEATURE_ABSENT when it is not installed.
 */
export function createSystemctl(path = searchPath, limitMs = timeoutMs): Systemctl {
  const options = {
    cwd: '/',
    env: { PATH: path, LC_ALL: 'C', SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '' },
    timeout: limitMs,
    maxBuffer: maxOutputBytes,
    killSignal: 'SIGKILL' as const,
  };
  return (args) =>
    new Promise((resolve) => {
      const child = execFile('systemctl', args, options, (failure, stdout, stderr) => {
        if (failure === null) resolve({ ok: true, value: stdout });
        else resolve({ ok: false, error: explain({ args, failure, stderr, limitMs }) });
      });
      // It must not ask for a password.
      child.stdin?.end();
    });
}

interface Outcome {
  readonly args: readonly string[];
  readonly failure: Error & { readonly code?: unknown; readonly killed?: unknown };
  readonly stderr: string;
  readonly limitMs: number;
}

function explain({ args, failure, stderr, limitMs }: Outcome): WcaError {
  const subject = `systemctl ${args.join(' ')}`.slice(0, maxMessageCharacters);
  if (failure.code === 'ENOENT') {
    return new WcaError('FEATURE_ABSENT', { subject, message: 'systemctl is not installed', errno: 'ENOENT' });
  }
  if (failure.killed === true)
    return new WcaError('DEADLINE', { subject, message: `did not end within ${limitMs} ms` });
  const words = stderr.replace(/\s+/g, ' ').trim().slice(0, maxMessageCharacters);
  const message = words === '' ? `ended with ${String(failure.code)}` : words;
  return new WcaError('KERNEL_REFUSED', { subject, message });
}
