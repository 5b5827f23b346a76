/** A cgroup of the host, as Collector.ListCgroups tells it; see collector.proto. */
export interface HostCgroup {
  readonly path: string;
  readonly populated: boolean;
  readonly leaf: boolean;
  readonly controllers: readonly string[];
}

export interface ListCgroupsOptions {
  /** Only these; empty means all. */
  readonly paths?: readonly string[];
  readonly includeEmpty?: boolean;
}

/** What a component may ask of the host: the controller itself opens no kernel file. */
export interface Host {
  listCgroups(options: ListCgroupsOptions, signal: AbortSignal): Promise<readonly HostCgroup[]>;
}
