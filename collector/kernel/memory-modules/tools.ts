import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { thrownErrno } from '../errno.ts';

/** The only places where tools are looked for, in this order; PATH is not asked. */
const toolFolders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;
const timeoutMs = 10_000;
const maxOutputBytes = 4 * 1024 * 1024;

export type ToolName = 'dmidecode' | 'lshw' | 'ipmctl';

/** A command line: `['ipmctl', 'show', '-memoryresources']`. */
export type Command = readonly [tool: ToolName, ...args: readonly string[]];

/**
 * Programs of the host that read what the kernel does not tell. A privileged process runs them: only files that no one
 * but root (or the process's own user) can change, without a shell, without its environment, bounded in time and output.
 */
export class Tools {
  readonly #folders: readonly string[];
  readonly #timeoutMs: number;
  /** Outcomes by command line: hardware does not change, and no peer can make the tools run again and again. */
  readonly #outcomes = new Map<string, Reading<string>>();

  constructor(folders: readonly string[] = toolFolders, limitMs = timeoutMs) {
    this.#folders = folders;
    this.#timeoutMs = limitMs;
  }

  /** The file of an installed tool. */
  find(tool: ToolName): string | undefined {
    return this.#folders.map((folder) => join(folder, tool)).find(isTrusted);
  }

  /**
   * What a tool prints. FEATURE_ABSENT when it is not installed, DEADLINE when it takes too long, KERNEL_REFUSED when it
   * fails or prints too much, CANCELLED.
   */
  async run(command: Command, signal: AbortSignal): Promise<Reading<string>> {
    const line = command.join(' ');
    const known = this.#outcomes.get(line);
    if (known !== undefined) return known;
    const path = this.find(command[0]);
    if (path === undefined) {
      const error = new WcaError('FEATURE_ABSENT', { subject: command[0], message: 'is not installed' });
      return { ok: false, error };
    }
    const outcome = await this.#execute(path, command, signal);
    if (outcome.ok || outcome.error.code !== 'CANCELLED') this.#outcomes.set(line, outcome);
    return outcome;
  }

  #execute(path: string, [tool, ...args]: Command, signal: AbortSignal): Promise<Reading<string>> {
    const options = {
      cwd: '/',
      env: { PATH: toolFolders.join(':'), LC_ALL: 'C' },
      timeout: this.#timeoutMs,
      maxBuffer: maxOutputBytes,
      killSignal: 'SIGKILL' as const,
      signal,
    };
    return new Promise((resolve) => {
      const fail = (error: WcaError): void => resolve({ ok: false, error });
      try {
        const child = execFile(path, args, options, (failure, stdout, stderr) => {
          if (failure === null) resolve({ ok: true, value: stdout });
          else fail(this.#explain([tool, ...args], failure, signal.aborted ? undefined : stderr));
        });
        // It must not wait for input.
        child.stdin?.end();
      } catch (thrown) {
        fail(this.#explain([tool, ...args], thrown, ''));
      }
    });
  }

  /** @param stderr undefined: it was stopped. */
  #explain(command: Command, thrown: unknown, stderr: string | undefined): WcaError {
    const subject = command.join(' ');
    if (stderr === undefined) return new WcaError('CANCELLED', { subject, message: 'was stopped' });
    const field = (name: string): unknown =>
      typeof thrown === 'object' && thrown !== null ? Object.getOwnPropertyDescriptor(thrown, name)?.value : undefined;
    const code = field('code');
    if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
      return new WcaError('KERNEL_REFUSED', { subject, message: `prints more than ${maxOutputBytes} bytes` });
    }
    if (field('killed') === true) {
      return new WcaError('DEADLINE', { subject, message: `did not end within ${this.#timeoutMs} ms` });
    }
    const words = stderr.replace(/\s+/g, ' ').trim().slice(0, 200);
    const how = typeof code === 'number' ? `ended with status ${code}` : `cannot be run: ${thrownErrno(thrown)}`;
    return new WcaError('KERNEL_REFUSED', { subject, message: words === '' ? how : `${how}: ${words}` });
  }
}

/** An executable file of root, or of this user, that no one else can write. */
function isTrusted(path: string): boolean {
  try {
    const stats = statSync(path);
    accessSync(path, constants.X_OK);
    const isOwn = stats.uid === 0 || stats.uid === process.geteuid?.();
    return stats.isFile() && isOwn && (stats.mode & 0o022) === 0;
  } catch {
    return false;
  }
}
