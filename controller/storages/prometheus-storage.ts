import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import { ServerCertificate, type ServerCertificateFiles } from '../../shared/tls/server-certificate.ts';
import type { MetricBatch } from '../model/metric-batch.ts';
import { type ExpositionFormat, ExpositionFormatter } from './exposition.ts';
import { LatestBatches } from './latest-batches.ts';
import { BasicAuth, type ScrapeUser } from './scrape-auth.ts';
import { ScrapeServer } from './scrape-server.ts';
import { chooseWithinBudget } from './series-budget.ts';
import type { Storage } from './storage.ts';
import { type LentText, TextCache } from './text-cache.ts';

const compress = promisify(gzip);

const certificateNames = {
  cert: 'PrometheusStorage tls_cert_path',
  key: 'PrometheusStorage tls_key_path',
  clientCa: 'PrometheusStorage tls_client_ca_path',
  reader: 'controller',
};

export interface PrometheusStorageOptions {
  readonly ip: string;
  /** 0: any free one. */
  readonly port: number;
  /** Where the metrics are, with a leading slash: letters, digits and `/ _ . -`. */
  readonly path: string;
  readonly maxSeries: number;
  readonly gzip: boolean;
  /** A batch is served no longer than this. */
  readonly staleAfterMs: number;
  /** undefined: plain HTTP. */
  readonly tls?: ServerCertificateFiles | undefined;
  /** undefined: anybody may scrape. */
  readonly user?: ScrapeUser | undefined;
  readonly clock: Clock;
}

/**
 * Serves the latest batches to Prometheus. A scrape measures nothing: text is made at the first scrape of a batch and
 * kept for the others.
 */
export class PrometheusStorage implements Storage {
  readonly #options: PrometheusStorageOptions;
  readonly #server: ScrapeServer;
  readonly #formatters: Readonly<Record<ExpositionFormat, ExpositionFormatter>> = {
    text: new ExpositionFormatter({ format: 'text', timestamps: false }),
    openmetrics: new ExpositionFormatter({ format: 'openmetrics', timestamps: false }),
  };
  readonly #latest = new LatestBatches();
  readonly #texts = new TextCache();
  #seriesDropped = 0;

  /** Throws INVALID_CONFIG. Opens nothing. */
  constructor(options: PrometheusStorageOptions) {
    checkOptions(options);
    this.#options = options;
    const { ip, port, path, tls, user } = options;
    this.#server = new ScrapeServer({
      ip,
      port,
      path,
      gzip: options.gzip,
      tls: tls === undefined ? undefined : new ServerCertificate(tls, certificateNames),
      auth: user === undefined ? undefined : new BasicAuth(user),
      render: this.#render.bind(this),
    });
  }

  describe(): string {
    return `PrometheusStorage ${this.address()}`;
  }

  /** The URL to scrape; the real port once started. */
  address(): string {
    return this.#server.url;
  }

  endpoints(): readonly string[] {
    return [this.address()];
  }

  seriesDropped(): number {
    return this.#seriesDropped;
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  async store(batch: MetricBatch): Promise<void> {
    if (batch.families.length === 0) return;
    const { clock, maxSeries } = this.#options;
    this.#expire();
    this.#latest.put(batch, clock.monotonicMs());
    this.#texts.clear();
    // Of many sources one a round: each would be told of the same series.
    if (this.#latest.isFirst(batch) && this.#latest.seriesCount > maxSeries)
      this.#seriesDropped += this.#view().dropped;
  }

  forget(source: string): void {
    if (this.#latest.forget(source)) this.#texts.clear();
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    this.#latest.clear();
    this.#texts.clear();
  }

  #expire(): void {
    const { clock, staleAfterMs } = this.#options;
    if (this.#latest.expire(clock.monotonicMs() - staleAfterMs)) this.#texts.clear();
  }

  /** All that is held as one batch, within the budget. */
  #view(): { readonly batch: MetricBatch; readonly dropped: number } {
    return chooseWithinBudget(this.#latest.merged(), this.#options.maxSeries);
  }

  /** What a scrape gets; undefined while nothing fresh is held. */
  async #render(format: ExpositionFormat, zipped: boolean): Promise<LentText | undefined> {
    this.#expire();
    if (this.#latest.isEmpty) return undefined;
    const plain = (): Promise<LentText> =>
      this.#texts.lendRecycled(format, (memory) => this.#formatters[format].format(this.#view().batch, '', memory));
    if (!zipped) return plain();
    return this.#texts.lend(`${format} gzip`, async () => {
      const text = await plain();
      try {
        // Level 1: a third of the time of the default for text a tenth larger.
        return await compress(text.body, { level: 1 });
      } finally {
        text.done();
      }
    });
  }
}

function checkOptions({ ip, path }: PrometheusStorageOptions): void {
  if (isIP(ip) === 0) {
    throw new WcaError('INVALID_CONFIG', {
      subject: 'PrometheusStorage ip',
      message: `${JSON.stringify(ip)} is no IP address`,
      remedy: 'use 127.0.0.1 for this host only, 0.0.0.0 for all networks',
    });
  }
  if (!/^\/$|^(\/[A-Za-z0-9_.-]+)+$/.test(path)) {
    throw new WcaError('INVALID_CONFIG', {
      subject: 'PrometheusStorage path',
      message: `${JSON.stringify(path)} is no path`,
      remedy: 'begin with / and use letters, digits, / _ . - only',
    });
  }
}
