import { WcaError } from '../../../shared/errors/wca-error.ts';
import { type FileState, KernelFile } from '../kernel-file.ts';
import { RetryPace } from '../retry-pace.ts';
import type { Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';
import type { CgroupDirectory } from './directory.ts';
import type { FileDecoder } from './file-decoder.ts';
import type { DecoderFacts, FileRow } from './file-table.ts';

const shownCharacters = 120;

/** One file of one cgroup with its decoder and its slots. A file that cannot be read is tried again, ever more rarely. */
export class CgroupFile {
  readonly costly: boolean;
  readonly #row: FileRow;
  readonly #offset: number;
  readonly #directory: CgroupDirectory;
  readonly #decoder: FileDecoder;
  readonly #file: KernelFile;
  readonly #pace = new RetryPace();
  #state: FileState | 'unread' | 'format' = 'unread';
  #problem: WcaError | undefined;

  constructor(
    row: FileRow,
    offset: number,
    { directory, keepOpen, facts }: { directory: CgroupDirectory; keepOpen: boolean; facts: DecoderFacts },
  ) {
    this.costly = row.costly;
    this.#row = row;
    this.#offset = offset;
    this.#directory = directory;
    this.#decoder = row.makeDecoder(facts);
    const path = (): string => directory.filePath(row.file);
    this.#file = new KernelFile({ path, subject: () => this.#subject(), keepOpen });
    this.#file.open();
  }

  get isOpen(): boolean {
    return this.#file.isOpen;
  }

  /** Never read with success. */
  get isUnread(): boolean {
    return this.#state !== 'read' && this.#state !== 'format';
  }

  /** Why its values are absent, where that is a fault; the same object as long as it lasts. */
  get problem(): WcaError | undefined {
    return this.#problem;
  }

  /**
   * Reads the file into its slots of a row that begins at `at`. `gone` leaves the slots as they are, so that they hold
   * the last reading; another failure makes them absent. `waiting`: not tried this time.
   */
  read(scratch: Scratch, row: Row, at: number): FileState | 'waiting' {
    if (!this.#pace.isDue()) return 'waiting';
    let state = this.#file.read(scratch);
    // Is it the file or the whole cgroup? Files come and go with their controller (v2 cgroup.subtree_control) or switch
    // (cgroup.pressure, 6.1); a kept descriptor of such a file answers ENODEV too.
    if (state === 'missing' || state === 'gone') state = this.#directory.isAlive() ? 'missing' : 'gone';
    if (state === 'gone') return state;
    if (state === 'read') {
      this.#pace.reset();
      this.#settle(this.#decoder.decode(scratch, row, at + this.#offset) ? 'read' : 'format', scratch);
      return state;
    }
    this.#pace.back();
    row.clear(at + this.#offset, this.#row.columns.length);
    this.#settle(state, scratch);
    return state;
  }

  /** Makes the error of a new state, once. */
  #settle(state: FileState | 'format', scratch: Scratch): void {
    if (state === this.#state) return;
    this.#state = state;
    if (state === 'denied' || state === 'failed') this.#problem = this.#file.error();
    else if (state === 'format') this.#problem = this.#formatError(scratch);
    // A file that this kernel or cgroup does not have is no fault: the column is absent, capabilities tell why.
    else this.#problem = undefined;
  }

  #formatError(scratch: Scratch): WcaError {
    return new WcaError('KERNEL_FORMAT', {
      subject: this.#subject(),
      message: `not in the format WCA knows; it begins ${JSON.stringify(scratch.text().slice(0, shownCharacters))}`,
    });
  }

  #subject(): string {
    return `${this.#directory.path} ${this.#row.file}`;
  }

  close(): void {
    this.#file.close();
  }
}
