import type { Row } from '../../kernel/row.ts';
import type { MeasuredTarget } from '../ports.ts';

const metric = 'task_mem_bandwidth_bytes';

/** Where the memory bandwidth of targets stands, for whoever measures beside it. */
export class BandwidthBoard {
  readonly #places = new Map<string, { readonly row: Row; readonly slot: number }>();

  /** `row` is that of a reading with these columns. */
  show(target: MeasuredTarget, row: Row, columns: readonly { readonly metric: string }[]): void {
    const slot = columns.findIndex((column) => column.metric === metric);
    if (slot >= 0) this.#places.set(target.path, { row, slot });
  }

  /** `row` is closed: what another source shows of the target stays. */
  hide(target: MeasuredTarget, row: Row): void {
    if (this.#places.get(target.path)?.row === row) this.#places.delete(target.path);
  }

  /** Bytes as a counter, as last read; undefined where it is not measured. */
  totalBytes(target: MeasuredTarget): bigint | undefined {
    const place = this.#places.get(target.path);
    if (place === undefined || place.row.present[place.slot] !== 1) return undefined;
    const { words } = place.row;
    return (BigInt(words[2 * place.slot + 1] ?? 0) << 32n) | BigInt(words[2 * place.slot] ?? 0);
  }
}
