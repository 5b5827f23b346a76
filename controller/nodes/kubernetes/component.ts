import { existsSync } from 'node:fs';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { config, defineComponent } from '../../config/component.ts';
import { optional, withDefault } from '../../config/parameters.ts';
import { bool, list, nullable, numeric, oneOf, path, str, url } from '../../config/types.ts';
import { HttpClient } from '../../net/http-client.ts';
import { Ssl, ssl } from '../../net/ssl.ts';
import { KubernetesNode } from './kubernetes-node.ts';
import { cgroupDrivers } from './pod-cgroup.ts';
import { type PodEndpoint, PodSource } from './pod-source.ts';

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';
/** A node with five hundred pods has some ten megabytes. */
const maxBodyBytes = 64 * 1024 * 1024;

/** `!KubernetesNode` (spec config §3.5, §4.4). */
export const kubernetesNode = defineComponent({
  tag: 'KubernetesNode',
  kind: 'node',
  since: 'seed',
  doc: 'Tasks are the pods of this node with a running container, asked of the API server or of kubelet. Within a cluster it works as it is, with node_name or node_ip from the downward API.',
  parameters: {
    cgroup_driver: withDefault(oneOf(cgroupDrivers, { enumTag: 'CgroupDriverType' }), 'cgroupfs', {
      doc: 'How kubelet names cgroups: its cgroupDriver, today mostly systemd.',
    }),
    ssl: optional(nullable(config(ssl)), { doc: 'TLS to kubelet, and to the API server over server_cert_ca_path.' }),
    client_token_path: withDefault(path({ absolute: true }), `${serviceAccount}/token`, {
      doc: 'Bearer token, read again for each question. kubelet may do without.',
    }),
    server_cert_ca_path: withDefault(path({ absolute: true }), `${serviceAccount}/ca.crt`, {
      doc: 'Authority of the API server; where the file is absent, those of the system.',
    }),
    kubelet_enabled: withDefault(bool(), false, { doc: 'Ask kubelet instead of the API server.' }),
    kubelet_endpoint: withDefault(url(), new URL('https://127.0.0.1:10250'), {
      doc: 'kubelet.',
      defaultDoc: 'https://127.0.0.1:10250',
    }),
    kubeapi_host: optional(str(), { doc: 'API server. Null: $KUBERNETES_SERVICE_HOST.' }),
    kubeapi_port: optional(str(), { doc: 'Its port. Null: $KUBERNETES_SERVICE_PORT, 443.' }),
    node_ip: optional(str(), { doc: 'IP of this node, by which its pods are told from others. Null: $NODE_IP.' }),
    node_name: optional(str(), {
      doc: 'Name of this node: the API server then answers its pods only. Null: $NODE_NAME.',
    }),
    timeout: withDefault(numeric(1, 60), 5, { doc: 'For connecting, and for an answer.', unit: 'seconds' }),
    monitored_namespaces: withDefault(list(str()), ['default'], { doc: 'Pods of other namespaces are left out.' }),
  },
  example: `!KubernetesNode
  cgroup_driver: systemd
  monitored_namespaces: [default, batch]`,
  create(args, { host, logger }) {
    const { env } = process;
    const nodeName = args.node_name ?? env['NODE_NAME'];
    const nodeIp = (args.node_ip ?? env['NODE_IP'])?.trim();
    const endpoint = args.kubelet_enabled
      ? ({ kind: 'kubelet', origin: args.kubelet_endpoint.origin } as const)
      : apiServer(args.kubeapi_host ?? env['KUBERNETES_SERVICE_HOST'], {
          port: args.kubeapi_port ?? env['KUBERNETES_SERVICE_PORT'] ?? '443',
          nodeName,
        });
    const isNamed = args.kubelet_enabled || nodeName !== undefined || nodeIp !== undefined;
    const caPath = existsSync(args.server_cert_ca_path) ? args.server_cert_ca_path : undefined;
    const fallback = args.kubelet_enabled ? undefined : new Ssl({ verify: true, caPath });
    const client = new HttpClient({ ssl: args.ssl ?? fallback, timeoutMs: args.timeout * 1000, maxBodyBytes });
    const { client_token_path: tokenPath, monitored_namespaces: namespaces } = args;
    return new KubernetesNode({
      source: new PodSource({ client, endpoint: isNamed ? endpoint : nodeUnknown, namespaces, tokenPath }),
      host,
      logger: logger('wca.kubernetes'),
      driver: args.cgroup_driver,
      nodeIp: args.kubelet_enabled || nodeName !== undefined ? undefined : nodeIp,
      close: () => client.close(),
    });
  },
});

/** Told when tasks are looked for: a configuration for a cluster may be checked elsewhere. */
const nodeUnknown: PodEndpoint = {
  kind: 'unknown',
  problem: new WcaError('DISCOVERY_FAILED', {
    subject: 'KubernetesNode',
    message: 'neither node_name nor node_ip is known: the pods of this node cannot be told from others',
    remedy: 'set one, or $NODE_NAME by the downward API (fieldRef spec.nodeName), or kubelet_enabled: true',
  }),
};

function apiServer(
  host: string | undefined,
  { port, nodeName }: { readonly port: string; readonly nodeName: string | undefined },
): PodEndpoint {
  const origin = `https://${host?.includes(':') === true ? `[${host}]` : host}:${port}`;
  if (host !== undefined && URL.canParse(origin)) return { kind: 'api-server', origin, nodeName };
  const problem = new WcaError('DISCOVERY_FAILED', {
    subject: 'KubernetesNode',
    message: host === undefined ? 'kubeapi_host is not known' : `${origin} is no address of an API server`,
    remedy: 'set kubeapi_host and kubeapi_port, run in a pod, or set kubelet_enabled: true',
  });
  return { kind: 'unknown', problem };
}
