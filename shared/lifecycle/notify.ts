/** What a service tells systemd: sd_notify(3). Nothing is told where no service manager listens. */

/** Lines of a message; sd_notify(3). */
export interface NotifyFields {
  readonly READY?: '1';
  readonly RELOADING?: '1';
  readonly STOPPING?: '1';
  readonly WATCHDOG?: '1';
  /** One line for `systemctl status`. */
  readonly STATUS?: string;
  /** CLOCK_MONOTONIC when the reload began; systemd 253 and newer want it. */
  readonly MONOTONIC_USEC?: string;
}

/** Sends one message; false: it did not arrive. Never blocks. */
export type SendNotify = (message: string) => boolean;

/** systemd shows no more of a status. */
const maxStatusLength = 200;

/** `{READY: '1', STATUS: 'measures'}` → `READY=1\nSTATUS=measures`. A value is one line: others could add fields. Pure. */
export function formatNotify(fields: NotifyFields): string {
  return Object.entries(fields)
    .map(
      ([name, value]) =>
        `${name}=${String(value)
          .replace(/\p{Cc}+/gu, ' ')
          .slice(0, maxStatusLength)}`,
    )
    .join('\n');
}

/**
 * How often this process must tell that it lives, half of what systemd allows; undefined: no watchdog is set for it.
 * sd_watchdog_enabled(3): WATCHDOG_USEC=30000000, WATCHDOG_PID=4711. Pure.
 */
export function chooseWatchdogMs(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { WATCHDOG_USEC: usec, WATCHDOG_PID: forPid } = env;
  if (usec === undefined || !/^[1-9]\d{0,15}$/.test(usec)) return undefined;
  if (forPid !== undefined && forPid !== String(pid)) return undefined;
  return Math.max(1, Math.min(Math.floor(Number(usec) / 2000), maxTimerMs));
}

/** A longer timer of Node fires at once. */
const maxTimerMs = 2 ** 31 - 1;

/** The service manager of this process, or none: then every call does nothing. */
export class Supervisor {
  readonly #send: SendNotify | undefined;
  readonly #watchdogMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: SendNotify | undefined, watchdogMs: number | undefined) {
    this.#send = send;
    this.#watchdogMs = watchdogMs;
  }

  /** The service is up. From now on the event loop feeds the watchdog: when it hangs, systemd ends the process. */
  ready(status: string): void {
    this.#tell({ READY: '1', STATUS: status, ...(this.#watchdogMs === undefined ? {} : { WATCHDOG: '1' }) });
    if (this.#send === undefined || this.#watchdogMs === undefined) return;
    this.#timer ??= setInterval(() => this.#tell({ WATCHDOG: '1' }), this.#watchdogMs).unref();
  }

  /** The configuration is read again; `ready` ends it. */
  reloading(status: string): void {
    const monotonicUs = process.hrtime.bigint() / 1000n;
    this.#tell({ RELOADING: '1', MONOTONIC_USEC: String(monotonicUs), STATUS: status });
  }

  /** The service goes on as it was, and this is what to know of it. */
  status(status: string): void {
    this.#tell({ STATUS: status });
  }

  /** An orderly end has begun. The watchdog is fed until the process is gone. */
  stopping(status: string): void {
    this.#tell({ STOPPING: '1', STATUS: status });
  }

  #tell(fields: NotifyFields): void {
    this.#send?.(formatNotify(fields));
  }
}
