/** What `wca-ctl run` wants of the controller. */
export interface RunConfig {
  readonly intervalSeconds: number;
  /** Of the scrape endpoint; 0: any free one. */
  readonly port: number;
  /** Each batch also on stdout, as Prometheus text. */
  readonly toStdout: boolean;
}

/** The controller's configuration: every cgroup of the host, the events this host has, a scrape endpoint. */
export function formatControllerConfig({ intervalSeconds, port, toStdout }: RunConfig): string {
  const endpoint = `!PrometheusStorage { ip: 127.0.0.1, port: ${port} }`;
  const storage = toStdout
    ? [
        'metrics_storage: !FilterStorage',
        '    storages:',
        `      - ${endpoint}`,
        '      - !LogStorage { stream: stdout, include_timestamp: false }',
      ]
    : [`metrics_storage: ${endpoint}`];
  return [
    '# Written by wca-ctl run.',
    'runner: !MeasurementRunner',
    '  node: !CgroupNode {}',
    `  interval: ${intervalSeconds}`,
    '  event_names: [default]',
    '  enable_derived_metrics: true',
    ...storage.map((line, index) => (index === 0 ? `  ${line}` : line)),
    '',
  ].join('\n');
}
