import { WcaError } from '../../shared/errors/wca-error.ts';
import { defineComponent } from '../config/component.ts';
import { optional, withDefault } from '../config/parameters.ts';
import { bool, int, numeric, path, str } from '../config/types.ts';
import { PrometheusStorage } from './prometheus-storage.ts';

/** `!PrometheusStorage`: new, not in the original. */
export const prometheusStorage = defineComponent({
  tag: 'PrometheusStorage',
  kind: 'storage',
  since: 'wca',
  doc: 'Serves the latest metrics over HTTP or HTTPS for Prometheus to scrape. A scrape measures nothing.',
  parameters: {
    ip: withDefault(str(), '127.0.0.1', {
      doc: 'Address to listen on. Anybody who can reach it may read the metrics unless username is given.',
    }),
    port: withDefault(int({ min: 0, max: 65535 }), 9152, { doc: 'Port to listen on; 0 takes any free one.' }),
    path: withDefault(str(), '/metrics', { doc: 'Where the metrics are.' }),
    max_series: withDefault(int({ min: 1 }), 200_000, {
      doc: 'More series are not served: whole metrics are left out, those of tasks first, and counted in wca_series_dropped.',
    }),
    gzip: withDefault(bool(), true, { doc: 'Compress for clients that accept it.' }),
    stale_after_seconds: withDefault(numeric(1, 86_400), 60, {
      doc: 'Metrics older than this are no longer served, so that Prometheus sees that measuring has stopped.',
      unit: 'seconds',
    }),
    tls_cert_path: optional(path({ absolute: true, readable: true }), {
      doc: 'PEM of the certificate for HTTPS, with those between it and its authority; read again when it changes.',
    }),
    tls_key_path: optional(path({ absolute: true, readable: true }), { doc: 'PEM of its key.' }),
    tls_client_ca_path: optional(path({ absolute: true, readable: true }), {
      doc: 'PEM of authorities: clients must show a certificate that one of them has signed.',
    }),
    username: optional(str(), { doc: 'User of HTTP basic authentication; with password_file.' }),
    password_file: optional(path({ absolute: true, readable: true }), {
      doc: 'File with the password, one line; read again when it changes.',
    }),
  },
  example: '!PrometheusStorage {ip: 0.0.0.0, port: 9152}',
  create(args, { clock }) {
    const { ip, port, path: where, max_series: maxSeries, gzip, stale_after_seconds } = args;
    const { tls_cert_path: certPath, tls_key_path: keyPath, tls_client_ca_path: clientCaPath } = args;
    const { username, password_file: passwordFile } = args;
    const hasTls = together({ tls_cert_path: certPath, tls_key_path: keyPath });
    if (clientCaPath !== undefined && !hasTls) throw missing('tls_cert_path', 'tls_client_ca_path needs it');
    together({ username, password_file: passwordFile });
    return new PrometheusStorage({
      ip,
      port,
      path: where,
      maxSeries,
      gzip,
      staleAfterMs: stale_after_seconds * 1000,
      tls: certPath === undefined || keyPath === undefined ? undefined : { certPath, keyPath, clientCaPath },
      user: username === undefined || passwordFile === undefined ? undefined : { username, passwordFile },
      clock,
    });
  },
});

/** Whether both are given; one alone is INVALID_CONFIG. */
function together(pair: Readonly<Record<string, string | undefined>>): boolean {
  const names = Object.keys(pair);
  const absent = names.filter((name) => pair[name] === undefined);
  const [first] = absent;
  if (first !== undefined && absent.length < names.length) throw missing(first, `${names.join(' and ')} go together`);
  return first === undefined;
}

function missing(parameter: string, remedy: string): WcaError {
  return new WcaError('INVALID_CONFIG', { subject: `PrometheusStorage ${parameter}`, message: 'missing', remedy });
}
