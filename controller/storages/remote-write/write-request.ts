import type { LabelSet } from '../../model/label-set.ts';
import type { MetricBatch, MetricFamily } from '../../model/metric-batch.ts';

/**
 * Remote write 1.0 (prometheus.io/docs/specs/prw/remote_write_spec): WriteRequest { repeated TimeSeries timeseries = 1 },
 * TimeSeries { repeated Label labels = 1; repeated Sample samples = 2 }, Label { string name = 1; string value = 2 },
 * Sample { double value = 1; int64 timestamp = 2 }.
 */

/** The NaN that says that a series has ended. */
const staleMarker = 0x7ff0000000000002n;

/** Families remembered; there are not that many metrics. */
const maxKnown = 4096;

/** What is kept of a family from batch to batch. */
interface KnownFamily {
  readonly labels: readonly LabelSet[];
  /** Encoded labels of each series, name included. */
  readonly encoded: readonly Buffer[];
  /** 1 where the last batch had a value. */
  readonly present: Uint8Array;
}

export interface WriteRequestOptions {
  /** Added to all series that have no label of that name. */
  readonly externalLabels: Readonly<Record<string, string>>;
  /** A request holds no more. */
  readonly maxSamples: number;
}

/**
 * Encodes batches. Labels are encoded once and kept as long as the batch's label arrays stay the same. A series that
 * the batch before had and this one lacks gets a stale marker, as long as its metric is there at all.
 */
export class WriteRequestEncoder {
  readonly #options: WriteRequestOptions;
  readonly #known = new Map<string, KnownFamily>();

  constructor(options: WriteRequestOptions) {
    this.#options = options;
  }

  /** The requests for a batch, uncompressed, in its order; none for a batch without samples. */
  encode(batch: MetricBatch): readonly Buffer[] {
    const writer = new RequestWriter(Math.trunc(batch.timestampMs), this.#options.maxSamples);
    for (const family of batch.families) this.#encodeFamily(writer, family);
    return writer.done();
  }

  #encodeFamily(writer: RequestWriter, family: MetricFamily): void {
    const { name, labels, values } = family;
    const before = this.#known.get(name);
    const same = before !== undefined && before.labels === labels;
    const encoded = same ? before.encoded : labels.map((set) => this.#encodeLabels(name, set));
    const present = new Uint8Array(labels.length);
    for (let i = 0; i < labels.length; i += 1) {
      const bytes = encoded[i];
      if (bytes === undefined) continue;
      if (values.has(i)) {
        present[i] = 1;
        writer.value(bytes, values.number(i));
      } else if (same && before.present[i] === 1) writer.stale(bytes);
    }
    if (before !== undefined && !same) markGone(writer, before, { labels, encoded, present });
    if (this.#known.size >= maxKnown && before === undefined) this.#known.clear();
    this.#known.set(name, { labels, encoded, present });
  }

  #encodeLabels(name: string, set: LabelSet): Buffer {
    const all = { ...this.#options.externalLabels, ...set.toRecord(), __name__: name };
    // Sorted by the bytes of their names, and none without a value.
    const pairs = Object.entries(all).filter(([, value]) => value !== '');
    pairs.sort(([a], [b]) => (a < b ? -1 : 1));
    return Buffer.concat(pairs.map(([label, value]) => field(0x0a, [field(0x0a, [label]), field(0x12, [value])])));
  }
}

/** Stale markers for the series of `before` that have no value now. */
function markGone(writer: RequestWriter, before: KnownFamily, now: KnownFamily): void {
  const texts = new Set(now.labels.filter((_, i) => now.present[i] === 1).map(({ text }) => text));
  for (let i = 0; i < before.labels.length; i += 1) {
    const [labels, bytes] = [before.labels[i], before.encoded[i]];
    if (before.present[i] !== 1 || labels === undefined || bytes === undefined) continue;
    if (!texts.has(labels.text)) writer.stale(bytes);
  }
}

/** A length-delimited field. */
function field(tag: number, content: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : part)));
  return Buffer.concat([Buffer.from([tag]), varint(BigInt(body.length)), body]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** Puts series one after the other; begins a new request when one is full. */
class RequestWriter {
  readonly #requests: Buffer[] = [];
  readonly #maxSamples: number;
  /** The sample's timestamp field, the same for all. */
  readonly #timestamp: Buffer;
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #length = 0;
  #samples = 0;

  constructor(timestampMs: number, maxSamples: number) {
    this.#maxSamples = maxSamples;
    this.#timestamp = Buffer.concat([Buffer.from([0x10]), varint(BigInt(timestampMs))]);
  }

  value(labels: Buffer, value: number): void {
    this.#bytes.writeDoubleLE(value, this.#series(labels));
  }

  stale(labels: Buffer): void {
    this.#bytes.writeBigUInt64LE(staleMarker, this.#series(labels));
  }

  done(): readonly Buffer[] {
    this.#cut();
    return this.#requests;
  }

  /** Writes a series with one sample; returns where its value goes. */
  #series(labels: Buffer): number {
    const sampleBytes = 9 + this.#timestamp.length;
    const seriesBytes = labels.length + 2 + sampleBytes;
    this.#reserve(seriesBytes + 6);
    let at = this.#length;
    const bytes = this.#bytes;
    bytes[at] = 0x0a;
    at += 1;
    for (let rest = seriesBytes; ; rest >>>= 7) {
      bytes[at] = rest > 0x7f ? (rest & 0x7f) | 0x80 : rest;
      at += 1;
      if (rest <= 0x7f) break;
    }
    at += labels.copy(bytes, at);
    bytes[at] = 0x12;
    bytes[at + 1] = sampleBytes;
    bytes[at + 2] = 0x09;
    const value = at + 3;
    at = value + 8;
    at += this.#timestamp.copy(bytes, at);
    this.#length = at;
    this.#samples += 1;
    return value;
  }

  #reserve(more: number): void {
    if (this.#samples >= this.#maxSamples) this.#cut();
    if (this.#length + more <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(wider, 0, 0, this.#length);
    this.#bytes = wider;
  }

  #cut(): void {
    if (this.#samples > 0) this.#requests.push(Buffer.from(this.#bytes.subarray(0, this.#length)));
    this.#length = 0;
    this.#samples = 0;
  }
}
