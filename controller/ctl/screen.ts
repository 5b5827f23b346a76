import type { ReadStream, WriteStream } from 'node:tty';

const enterScreen = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const leaveScreen = '\u001b[?7h\u001b[?25h\u001b[?1049l';
/** Mode 2026: the terminal shows the whole frame at once; those that do not know it ignore it. */
const beginFrame = '\u001b[?2026h\u001b[H';
/** Before the text: after a text that ends in the last column it would erase its last character. */
const eraseLine = '\u001b[2K';
const endFrame = '\u001b[J\u001b[?2026l';

export interface ScreenEvents {
  onKeys(chunk: string): void;
  onResize(): void;
  /** The terminal is gone. */
  onLost(): void;
}

/**
 * The alternate screen of a terminal. Whoever calls `enter` must call `leave`; when the process exits in another way the
 * terminal is restored nevertheless (SIGKILL excepted).
 */
export class Screen {
  readonly #out: WriteStream;
  readonly #in: ReadStream | undefined;
  readonly #events: ScreenEvents;
  readonly #leaveAtExit = (): void => this.leave();
  readonly #onData = (chunk: Buffer): void => this.#events.onKeys(chunk.toString('utf8'));
  readonly #onResize = (): void => this.#events.onResize();
  readonly #onLost = (): void => this.#events.onLost();
  #entered = false;

  /** `input` is undefined where the keyboard is no terminal: then there are no keys. */
  constructor(out: WriteStream, input: ReadStream | undefined, events: ScreenEvents) {
    this.#out = out;
    this.#in = input;
    this.#events = events;
  }

  /** Lines and columns of the terminal at this moment. */
  get size(): { readonly height: number; readonly width: number } {
    return { height: Math.max(5, this.#out.rows ?? 24), width: Math.max(20, this.#out.columns ?? 80) };
  }

  enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    process.once('exit', this.#leaveAtExit);
    this.#out.on('resize', this.#onResize);
    this.#out.write(enterScreen);
    if (this.#in === undefined) return;
    this.#in.setRawMode(true);
    this.#in.on('data', this.#onData);
    this.#in.on('end', this.#onLost);
    this.#in.on('error', this.#onLost);
    this.#in.resume();
  }

  draw(lines: readonly string[]): void {
    if (!this.#entered) return;
    this.#out.write(`${beginFrame}${lines.map((line) => `${eraseLine}${line}`).join('\r\n')}${endFrame}`);
  }

  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    process.off('exit', this.#leaveAtExit);
    this.#out.off('resize', this.#onResize);
    try {
      if (this.#in !== undefined) {
        this.#in.off('data', this.#onData);
        this.#in.off('end', this.#onLost);
        this.#in.pause();
        this.#in.setRawMode(false);
      }
      this.#out.write(leaveScreen);
    } catch {
      // The terminal is gone (its window was closed): there is nothing to restore.
    }
  }

  /** Ctrl-Z: gives the terminal back to the shell until SIGCONT. */
  suspend(): void {
    this.leave();
    process.once('SIGCONT', () => {
      this.enter();
      this.#events.onResize();
    });
    process.kill(process.pid, 'SIGTSTP');
  }
}
