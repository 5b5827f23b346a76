import { type Paint, paint, type Style } from './style.ts';
import { cleanText, cutToWidth, displayWidth, padToWidth, wrapText } from './text-width.ts';

/** A text with a meaning, or just a text. */
export type Cell = string | { readonly text: string; readonly paint: Paint };

export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** May be cut down to this many columns when the line is too long; absent: never cut. */
  readonly minWidth?: number;
  /** Columns with the highest number leave first when the line is still too long; absent: stays. */
  readonly dropOrder?: number;
  /** Shown in reverse: the table is sorted by it. */
  readonly marked?: boolean;
}

const gap = '  ';

/** Lines of a table: a head line and one a row, numbers aligned, no line longer than the style's width. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly Cell[])[],
  style: Style,
): readonly string[] {
  const texts = rows.map((row) => row.map((cell) => cleanText(textOf(cell))));
  const natural = columns.map(({ title }, index) =>
    texts.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? '')), displayWidth(title)),
  );
  const shown = fitColumns(columns, natural, style.width);
  const lineOf = (cells: readonly Cell[]): string =>
    shown
      .map(({ index, width }, place) => {
        const cell = cells[index] ?? '';
        const align = columns[index]?.align ?? 'left';
        const text = cutToWidth(cleanText(textOf(cell)), width, style.unicode ? '…' : '~');
        // No blanks at the end of a line, unless they are painted.
        const padded = place === shown.length - 1 && align === 'left' ? text : padToWidth(text, width, align);
        return paint(padded, typeof cell === 'string' ? undefined : cell.paint, style);
      })
      .join(gap)
      .trimEnd();
  const head = columns.map(({ title, marked }) => ({ text: title, paint: marked ? 'reverse' : 'heading' }) as const);
  return [lineOf(head), ...rows.map(lineOf)];
}

interface FittedColumn {
  readonly index: number;
  readonly width: number;
}

/** Which columns are shown and how wide: first leave those that may, the others are then cut where they may be. */
export function fitColumns(
  columns: readonly TableColumn[],
  natural: readonly number[],
  room: number | undefined,
): readonly FittedColumn[] {
  let shown = columns.map((column, index) => ({ column, index, width: natural[index] ?? 0 }));
  if (room === undefined) return shown;
  const least = (): number => total(shown.map(({ column, width }) => Math.min(width, column.minWidth ?? width)));
  while (least() > room) {
    const last = shown.reduce((worst, { column }) => Math.max(worst, column.dropOrder ?? 0), 0);
    if (last === 0) break;
    shown = shown.filter(({ column }) => column.dropOrder !== last);
  }
  let excess = total(shown.map(({ width }) => width)) - room;
  return shown.map(({ column, index, width }) => {
    const cut = Math.max(0, Math.min(excess, width - (column.minWidth ?? width)));
    excess -= cut;
    return { index, width: width - cut };
  });
}

/** Lines `  label  value` with the values aligned and wrapped below themselves; an empty label continues the last one. */
export function renderPairs(
  pairs: readonly (readonly [label: string, value: Cell])[],
  style: Style,
): readonly string[] {
  const labelWidth = pairs.reduce((widest, [label]) => Math.max(widest, displayWidth(label)), 0);
  const room = style.width === undefined ? Number.POSITIVE_INFINITY : Math.max(20, style.width - labelWidth - 4);
  return pairs.flatMap(([label, value]) =>
    wrapText(cleanText(textOf(value)), room).map((line, index) => {
      const start = `  ${paint(padToWidth(index === 0 ? label : '', labelWidth, 'left'), 'faint', style)}${gap}`;
      return start + paint(line, typeof value === 'string' ? undefined : value.paint, style);
    }),
  );
}

/** The text of a cell without its meaning. */
export function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + gap.length * Math.max(0, widths.length - 1);
}
