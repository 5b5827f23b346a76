import protobuf from 'protobufjs/minimal.js';

/** The NaN that says that a series has ended. */
const staleMarker = 0x7ff0000000000002n;

/** Labels of a series but for its name, which stands among them in the order of bytes. */
export interface EncodedLabels {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/**
 * Puts series with one sample each one after the other: TimeSeries timeseries = 1 { labels; Sample samples = 2 {
 * double value = 1; int64 timestamp = 2 } }. Begins a new request when one is full.
 */
export class RequestWriter {
  readonly #requests: Buffer[] = [];
  readonly #maxSamples: number;
  /** The sample's timestamp field, the same for all. */
  readonly #timestamp: Uint8Array;
  #name: Uint8Array = new Uint8Array(0);
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #length = 0;
  #samples = 0;

  constructor(timestampMs: number, maxSamples: number) {
    this.#maxSamples = maxSamples;
    this.#timestamp = protobuf.Writer.create().uint32(0x10).int64(timestampMs).finish();
  }

  /** The series that follow have this name: its label, encoded. */
  begin(name: Uint8Array): void {
    this.#name = name;
  }

  value(labels: EncodedLabels, value: number): void {
    // Before the memory is looked at: a series may need a wider one.
    const at = this.#series(labels);
    this.#bytes.writeDoubleLE(value, at);
  }

  stale(labels: EncodedLabels): void {
    const at = this.#series(labels);
    this.#bytes.writeBigUInt64LE(staleMarker, at);
  }

  done(): readonly Buffer[] {
    this.#cut();
    return this.#requests;
  }

  /** Writes a series; returns where its value goes. */
  #series({ before, after }: EncodedLabels): number {
    const sampleBytes = 9 + this.#timestamp.length;
    const seriesBytes = before.length + this.#name.length + after.length + 2 + sampleBytes;
    this.#reserve(seriesBytes + 6);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at] = 0x0a;
    at += 1;
    for (let rest = seriesBytes; ; rest >>>= 7) {
      bytes[at] = rest > 0x7f ? (rest & 0x7f) | 0x80 : rest;
      at += 1;
      if (rest <= 0x7f) break;
    }
    bytes.set(before, at);
    at += before.length;
    bytes.set(this.#name, at);
    at += this.#name.length;
    bytes.set(after, at);
    at += after.length;
    bytes[at] = 0x12;
    bytes[at + 1] = sampleBytes;
    bytes[at + 2] = 0x09;
    bytes.set(this.#timestamp, at + 11);
    this.#length = at + 11 + this.#timestamp.length;
    this.#samples += 1;
    return at + 3;
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
