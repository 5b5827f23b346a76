import { hostname } from 'node:os';
import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { Labels } from '../model/metric.ts';
import type { Board } from './board.ts';
import { MetricExporter } from './export-metrics.ts';
import type { FieldFilter } from './field-filter.ts';
import { describeFeatures, hostFacts, informationLabels } from './platform-labels.ts';
import { type PlatformFacts, platformFacts } from './platform-view.ts';

/** Who tells what the host is. */
export interface PlatformSource {
  getPlatform(): Promise<Platform>;
}

export interface KnownHostOptions {
  readonly source: PlatformSource;
  readonly board: Board;
  readonly extraLabels: Labels;
  readonly includeOptionalLabels: boolean;
  readonly fields: FieldFilter;
}

/** What is known of the host behind a collector: asked anew after each attachment, for it may be another one then. */
export class KnownHost {
  readonly #options: KnownHostOptions;
  #attachment: number | undefined;
  #information: Labels | undefined;
  #commonLabels: Labels;
  #exporter: MetricExporter | undefined;
  #facts: PlatformFacts | undefined;

  constructor(options: KnownHostOptions) {
    this.#options = options;
    // Until it has told its own name a host of many has the one it was given.
    this.#commonLabels = { host: options.extraLabels['node'] ?? hostname(), ...options.extraLabels };
  }

  /** Labels of wca_information; undefined until the collector has answered. */
  get information(): Labels | undefined {
    return this.#information;
  }

  /** Labels of every metric: the host's name, the optional ones, the user's over them. */
  get commonLabels(): Labels {
    return this.#commonLabels;
  }

  /** What plugins are told of the host; undefined until the collector has answered. */
  get facts(): PlatformFacts | undefined {
    return this.#facts;
  }

  /** undefined until the collector has answered. */
  get exporter(): MetricExporter | undefined {
    return this.#exporter;
  }

  /** Whether the collector was not asked since it was attached to for the `attachment`-th time. */
  isStale(attachment: number): boolean {
    return this.#attachment !== attachment;
  }

  /** Asks the collector. Rejects with the reason why it did not answer. */
  async refresh(attachment: number): Promise<void> {
    const { source, board, extraLabels, includeOptionalLabels, fields } = this.#options;
    const platform = await source.getPlatform();
    const information = informationLabels(platform);
    board.showHost(hostFacts(platform), describeFeatures(platform));
    const optional = includeOptionalLabels ? information : {};
    const commonLabels = { host: platform.hostname, ...optional, ...extraLabels };
    if (this.#exporter === undefined || JSON.stringify(commonLabels) !== JSON.stringify(this.#commonLabels)) {
      this.#exporter = new MetricExporter({ commonLabels, fields });
      this.#commonLabels = commonLabels;
    }
    this.#information = information;
    this.#facts = platformFacts(platform);
    this.#attachment = attachment;
  }
}
