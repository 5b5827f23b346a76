import protobuf from 'protobufjs/minimal.js';
import type { LabelSet } from '../../model/label-set.ts';
import type { MetricBatch, MetricFamily } from '../../model/metric-batch.ts';
import { type EncodedLabels, RequestWriter } from './request-writer.ts';

const nameLabel = '__name__';
/** Metrics remembered; there are not that many. */
const maxKnown = 4096;

/** The last batch's series of a metric. */
interface KnownFamily {
  readonly labels: readonly LabelSet[];
  readonly encoded: readonly EncodedLabels[];
  /** 1 where there was a value. */
  readonly present: Uint8Array;
}

export interface WriteRequestOptions {
  /** Added to all series that have no label of that name. */
  readonly externalLabels: Readonly<Record<string, string>>;
  /** A request holds no more. */
  readonly maxSamples: number;
}

/**
 * Encodes batches as WriteRequest of remote write 1.0 (prometheus.io/docs/specs/prw/remote_write_spec). Labels are
 * encoded once and kept as long as their `LabelSet` lives. A series that the batch before had and this one lacks gets a
 * stale marker, as long as its metric is there at all.
 */
export class WriteRequestEncoder {
  readonly #options: WriteRequestOptions;
  readonly #external: readonly (readonly [string, string])[];
  readonly #known = new Map<string, KnownFamily>();
  readonly #encoded = new WeakMap<LabelSet, EncodedLabels>();

  constructor(options: WriteRequestOptions) {
    this.#options = options;
    this.#external = Object.entries(options.externalLabels);
  }

  /** The requests for a batch, uncompressed, in its order; none for a batch without samples. */
  encode(batch: MetricBatch): readonly Buffer[] {
    const writer = new RequestWriter(Math.trunc(batch.timestampMs), this.#options.maxSamples);
    for (const family of batch.families) this.#encodeFamily(writer, family);
    return writer.done();
  }

  #encodeFamily(writer: RequestWriter, { name, labels, values }: MetricFamily): void {
    const before = this.#known.get(name);
    const same = before?.labels === labels;
    const encoded = same ? before.encoded : labels.map((set) => this.#labelsOf(set));
    const present = new Uint8Array(labels.length);
    writer.begin(encodeLabels([[nameLabel, name]]));
    for (let i = 0; i < encoded.length; i += 1) {
      const own = encoded[i];
      if (own === undefined) continue;
      if (values.has(i)) {
        present[i] = 1;
        writer.value(own, values.number(i));
      } else if (same && before.present[i] === 1) writer.stale(own);
    }
    const now = { labels, encoded, present };
    if (before !== undefined && !same) markGone(writer, before, now);
    if (this.#known.size >= maxKnown && before === undefined) this.#known.clear();
    this.#known.set(name, now);
  }

  #labelsOf(set: LabelSet): EncodedLabels {
    const known = this.#encoded.get(set);
    if (known !== undefined) return known;
    const own = new Set(set.pairs.map(([name]) => name));
    const all = [...this.#external.filter(([name]) => !own.has(name)), ...set.pairs];
    // None without a value, which is the same as no label; sorted by the bytes of their names.
    const pairs = all.filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1));
    const made = {
      before: encodeLabels(pairs.filter(([name]) => name < nameLabel)),
      after: encodeLabels(pairs.filter(([name]) => name > nameLabel)),
    };
    this.#encoded.set(set, made);
    return made;
  }
}

/** Stale markers for the series of `before` that have no value now. */
function markGone(writer: RequestWriter, before: KnownFamily, now: KnownFamily): void {
  const texts = new Set(now.labels.filter((_, i) => now.present[i] === 1).map(({ text }) => text));
  for (let i = 0; i < before.labels.length; i += 1) {
    const [set, own] = [before.labels[i], before.encoded[i]];
    if (before.present[i] !== 1 || set === undefined || own === undefined) continue;
    if (!texts.has(set.text)) writer.stale(own);
  }
}

/** Labels in their fields of TimeSeries: Label labels = 1 { string name = 1; string value = 2 }. */
function encodeLabels(pairs: readonly (readonly [name: string, value: string])[]): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const [name, value] of pairs) {
    writer.uint32(0x0a).fork().uint32(0x0a).string(name).uint32(0x12).string(value).ldelim();
  }
  return writer.finish();
}
