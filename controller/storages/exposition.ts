import type { LabelSet } from '../model/label-set.ts';
import type { MetricBatch, MetricFamily } from '../model/metric-batch.ts';

/** `text`: Prometheus text format 0.0.4 as the original writes it. `openmetrics`: OpenMetrics 1.0. */
export type ExpositionFormat = 'text' | 'openmetrics';

export interface ExpositionOptions {
  readonly format: ExpositionFormat;
  /** The time of the batch at the end of each line, in milliseconds; `text` only. */
  readonly timestamps: boolean;
  /** Names of the labels to show; undefined: all. Of series that become equal the first is shown. */
  readonly labels?: ReadonlySet<string> | undefined;
}

/** A family's text without its values. Bytes of UTF-8, one a character, so that writing them needs no encoding. */
interface FamilyText {
  readonly type: string | undefined;
  readonly help: string | undefined;
  readonly header: string;
  /** `name{label="value"} ` of each series; empty for a series that is not shown. */
  readonly prefixes: readonly string[];
  /** Room for the header and all lines with values of ordinary length. */
  readonly maxBytes: number;
}

/** Longest usual value: `-1.2345678901234567e-300`, and a line feed. Longer ones are integers made by plugins. */
const maxValueBytes = 25;

/**
 * Writes batches in the exposition format (spec config §5.2). What does not change from batch to batch is rendered once
 * and kept as long as the batch's label arrays live.
 */
export class ExpositionFormatter {
  readonly #options: ExpositionOptions;
  readonly #families = new WeakMap<readonly LabelSet[], Map<string, FamilyText>>();

  constructor(options: ExpositionOptions) {
    this.#options = options;
  }

  /**
   * The text of a batch, UTF-8, with `trailer` behind it. Empty for an empty batch, but for the end of OpenMetrics.
   * Written into `memory` when that is large enough.
   */
  format(batch: MetricBatch, trailer = '', memory?: Buffer): Buffer {
    const open = this.#options.format === 'openmetrics';
    const suffix = this.#options.timestamps && !open ? ` ${Math.trunc(batch.timestampMs)}\n` : '\n';
    const families = batch.families.map((family) => ({ family, text: this.#familyText(family, batch) }));
    const end = `${open ? '# EOF\n' : ''}${trailer}`;
    const room = families.reduce(
      (sum, { family, text }) => sum + text.maxBytes + suffix.length * family.labels.length,
      6,
    );
    const writer = new LineWriter(memory !== undefined && memory.length >= room ? memory : room, suffix);
    let begun = '';
    for (const { family, text } of families) {
      // Of families of one name, which are of several hosts, the first has the header.
      if (writeFamily(writer, { family, text }, begun === family.name)) begun = family.name;
    }
    writer.write(end);
    return writer.done();
  }

  #familyText(family: MetricFamily, batch: MetricBatch): FamilyText {
    const { name, type, help, labels } = family;
    const texts = this.#families.get(labels) ?? new Map<string, FamilyText>();
    this.#families.set(labels, texts);
    const known = texts.get(name);
    if (known !== undefined && known.type === type && known.help === help) return known;
    const open = this.#options.format === 'openmetrics';
    const header = open ? openMetricsHeader(family, batch) : textHeader(family);
    const prefixes = this.#prefixes(name, labels);
    const bytes = prefixes.reduce((sum, prefix) => sum + prefix.length + maxValueBytes, header.length + 1);
    const made = { type, help, header, prefixes, maxBytes: bytes };
    texts.set(name, made);
    return made;
  }

  #prefixes(name: string, labels: readonly LabelSet[]): readonly string[] {
    const shown = this.#options.labels;
    const prefix = (text: string): string => asBytes(text === '' ? `${name} ` : `${name}{${text}} `);
    if (shown === undefined) return labels.map(({ text }) => prefix(text));
    const seen = new Set<string>();
    return labels.map((set) => {
      const { text } = set.filter((label) => shown.has(label));
      if (seen.has(text)) return '';
      seen.add(text);
      return prefix(text);
    });
  }
}

/** HELP and TYPE stand before the first value: a family without values leaves no trace. Whether there were any. */
function writeFamily(
  writer: LineWriter,
  { family, text }: { readonly family: MetricFamily; readonly text: FamilyText },
  hasHeader: boolean,
): boolean {
  const { values } = family;
  const { header, prefixes } = text;
  let begun = false;
  for (let i = 0; i < prefixes.length; i += 1) {
    const prefix = prefixes[i];
    if (prefix === undefined || prefix === '' || !values.has(i)) continue;
    if (!begun && !hasHeader) {
      // The blank line belongs to HELP and separates; at the very beginning there is nothing to separate.
      writer.write(writer.empty && header.startsWith('\n') ? header.slice(1) : header);
    }
    begun = true;
    writer.line(prefix, values.exact(i));
  }
  return begun;
}

function textHeader({ name, type, help }: MetricFamily): string {
  const helpLine = help === undefined ? '' : `\n# HELP ${name} ${escapeHelp(help)}\n`;
  return asBytes(`${helpLine}${type === undefined ? '' : `# TYPE ${name} ${type}\n`}`);
}

/**
 * OpenMetrics wants a counter's samples to end in `_total` and its family to be named without. Names must be the same
 * in both formats, so a counter with another name is of type unknown, and so is one whose short name is taken.
 */
function openMetricsHeader({ name, type, help, unit }: MetricFamily, batch: MetricBatch): string {
  const short = name.replace(/_total$/, '');
  const isCounter = type === 'counter' && short !== name && !batch.families.some((other) => other.name === short);
  const family = isCounter ? short : name;
  const shownType = type === 'counter' && !isCounter ? 'unknown' : type;
  const lines = [
    shownType === undefined ? '' : `# TYPE ${family} ${shownType}\n`,
    unit !== undefined && family.endsWith(`_${unit}`) ? `# UNIT ${family} ${unit}\n` : '',
    help === undefined ? '' : `# HELP ${family} ${escapeHelp(help).replace(/"/g, '\\"')}\n`,
  ];
  return asBytes(lines.join(''));
}

function escapeHelp(help: string): string {
  return help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}

/** UTF-8 of a text, one byte a character. */
function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A value as the format has it: integers as digits, otherwise the shortest text that reads back the same. */
export function formatValue(value: number | bigint): string {
  if (typeof value === 'bigint' || Number.isFinite(value)) return Object.is(value, -0) ? '-0' : `${value}`;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

class LineWriter {
  readonly #suffix: string;
  #bytes: Buffer;
  #length = 0;

  /** Memory to write into, or how much is needed. */
  constructor(memory: Buffer | number, suffix: string) {
    this.#bytes = typeof memory === 'number' ? Buffer.allocUnsafeSlow(memory) : memory;
    this.#suffix = suffix;
  }

  get empty(): boolean {
    return this.#length === 0;
  }

  line(prefix: string, value: number | bigint): void {
    this.write(prefix);
    const text = formatValue(value) + this.#suffix;
    if (text.length > maxValueBytes + this.#suffix.length) this.#grow(text.length);
    this.write(text);
  }

  write(bytes: string): void {
    this.#length += this.#bytes.write(bytes, this.#length, 'latin1');
  }

  done(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(bytes: number): void {
    const wider = Buffer.allocUnsafeSlow(this.#bytes.length + bytes);
    this.#bytes.copy(wider, 0, 0, this.#length);
    this.#bytes = wider;
  }
}
