const lineFeed = 0x0a;
const hash = 0x23;
const space = 0x20;
const brace = 0x7b;

/** Text of one metric, and where its lines end. */
interface Piece {
  readonly start: number;
  readonly end: number;
}

export interface SplitText {
  /** Views of the text, in its order. */
  readonly parts: readonly Buffer[];
  /** Lines that are longer than the limit and in no part. */
  readonly linesLeftOut: number;
}

/**
 * Cuts text of the exposition format into parts of at most `limitBytes`, which together are the text (spec config
 * W-30: the original loses the tail and doubles lines). It is cut between metrics, so that HELP and TYPE stay with
 * theirs; a metric that is larger than a part has parts of its own, cut between lines, the first of which has its HELP
 * and TYPE.
 */
export function splitExposition(text: Buffer, limitBytes: number): SplitText {
  if (text.length <= limitBytes) return { parts: text.length === 0 ? [] : [text], linesLeftOut: 0 };
  const packer = new Packer(text, limitBytes);
  for (const metric of metricsIn(text)) {
    if (metric.end - metric.start <= limitBytes) packer.add(metric);
    else {
      packer.cut();
      for (const piece of piecesOf(text, metric, limitBytes)) packer.add(piece);
      packer.cut();
    }
  }
  packer.cut();
  return { parts: packer.parts, linesLeftOut: packer.linesLeftOut };
}

/** Joins neighbouring pieces as long as they fit. */
class Packer {
  readonly parts: Buffer[] = [];
  linesLeftOut = 0;
  readonly #text: Buffer;
  readonly #limitBytes: number;
  #start = 0;
  #end = 0;

  constructor(text: Buffer, limitBytes: number) {
    this.#text = text;
    this.#limitBytes = limitBytes;
  }

  add({ start, end }: Piece): void {
    if (end - start > this.#limitBytes) {
      this.cut();
      this.linesLeftOut += 1;
      return;
    }
    if (start !== this.#end || end - this.#start > this.#limitBytes) {
      this.cut();
      this.#start = start;
    }
    this.#end = end;
  }

  cut(): void {
    if (this.#end > this.#start) this.parts.push(this.#text.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}

/** The metrics of a text: a blank line and comments belong to the samples behind them. */
function* metricsIn(text: Buffer): Generator<Piece> {
  let start = 0;
  /** Of the samples since `start`. */
  let name: Buffer | undefined;
  for (const line of linesIn(text, { start: 0, end: text.length })) {
    const lineName = isSample(text, line) ? nameOf(text, line) : undefined;
    if (name !== undefined && lineName?.equals(name) !== true) {
      yield { start, end: line.start };
      start = line.start;
    }
    name = lineName;
  }
  if (start < text.length) yield { start, end: text.length };
}

/** The lines of a metric that is too large for one part; what stands before its first sample stays with that one. */
function* piecesOf(text: Buffer, metric: Piece, limitBytes: number): Generator<Piece> {
  let { start } = metric;
  for (const line of linesIn(text, metric)) {
    if (!isSample(text, line)) continue;
    if (line.end - start <= limitBytes) yield { start, end: line.end };
    else yield* linesIn(text, { start, end: line.end });
    start = line.end;
  }
  yield* linesIn(text, { start, end: metric.end });
}

function isSample(text: Buffer, { start }: Piece): boolean {
  return text[start] !== hash && text[start] !== lineFeed;
}

function nameOf(text: Buffer, { start, end }: Piece): Buffer {
  let stop = start;
  while (stop < end && text[stop] !== brace && text[stop] !== space) stop += 1;
  return text.subarray(start, stop);
}

/** With their line feeds. A line's label values hold none: they are escaped. */
function* linesIn(text: Buffer, { start, end }: Piece): Generator<Piece> {
  for (let at = start; at < end; ) {
    const feed = text.indexOf(lineFeed, at);
    const next = feed < 0 || feed >= end ? end : feed + 1;
    yield { start: at, end: next };
    at = next;
  }
}
