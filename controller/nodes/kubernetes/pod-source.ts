import { readFileSync } from 'node:fs';
import { errnoName, WcaError } from '../../../shared/errors/wca-error.ts';
import type { HttpClient } from '../../net/http-client.ts';
import { type Pod, type PodList, parsePodList } from './pod.ts';

/** Where pods are asked for. */
export type PodEndpoint =
  | { readonly kind: 'kubelet'; readonly origin: string }
  | {
      readonly kind: 'api-server';
      readonly origin: string;
      /** Of spec.nodeName: the server selects then. */
      readonly nodeName: string | undefined;
    }
  | { readonly kind: 'unknown'; readonly problem: WcaError };

export interface PodSourceOptions {
  readonly client: HttpClient;
  readonly endpoint: PodEndpoint;
  readonly namespaces: readonly string[];
  /** Read for each question: kubelet renews it. */
  readonly tokenPath: string;
}

const pageSize = 500;
/** Of one namespace; more than any node has pods, less than a server that goes on for ever. */
const maxPages = 200;

/** Asks kubelet or the API server for pods (spec config §4.4.1). */
export class PodSource {
  readonly #options: PodSourceOptions;

  constructor(options: PodSourceOptions) {
    this.#options = options;
  }

  /** All pods of the namespaces, of other nodes too where the server does not select. Throws DISCOVERY_FAILED. */
  async list(signal: AbortSignal): Promise<{ readonly pods: readonly Pod[]; readonly problems: readonly string[] }> {
    const { endpoint, namespaces } = this.#options;
    if (endpoint.kind === 'unknown') throw endpoint.problem;
    const lists: PodList[] = [];
    if (endpoint.kind === 'kubelet') {
      lists.push(await this.#ask(new URL('/pods', endpoint.origin), signal));
    } else {
      for (const namespace of namespaces) lists.push(...(await this.#askPages(namespace, endpoint, signal)));
    }
    const wanted = new Set(namespaces);
    return {
      pods: lists.flatMap(({ pods }) => pods).filter((pod) => wanted.has(pod.namespace)),
      problems: lists.flatMap(({ problems }) => problems),
    };
  }

  async #askPages(
    namespace: string,
    { origin, nodeName }: Extract<PodEndpoint, { readonly kind: 'api-server' }>,
    signal: AbortSignal,
  ): Promise<readonly PodList[]> {
    const lists: PodList[] = [];
    let next: string | undefined;
    do {
      const url = new URL(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`, origin);
      url.searchParams.set('limit', String(pageSize));
      if (nodeName !== undefined) url.searchParams.set('fieldSelector', `spec.nodeName=${nodeName}`);
      if (next !== undefined) url.searchParams.set('continue', next);
      const list = await this.#ask(url, signal);
      lists.push(list);
      next = list.next;
    } while (next !== undefined && lists.length < maxPages);
    return lists;
  }

  async #ask(url: URL, signal: AbortSignal): Promise<PodList> {
    const { client, endpoint } = this.#options;
    const token = this.#readToken();
    const headers = {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const { status, text } = await client.ask(url, { method: 'GET', headers }, signal);
    const subject = `${url.origin}${url.pathname}`;
    if (status !== 200) throw refused(subject, status, { endpoint: endpoint.kind, hasToken: token !== undefined });
    const list = parsePodList(text);
    if (list !== undefined) return list;
    const message = `the answer is no list of pods: ${JSON.stringify(text.slice(0, 80))}`;
    throw new WcaError('DISCOVERY_FAILED', { subject, message });
  }

  /** Trimmed; undefined where there is none, which kubelet may do without. */
  #readToken(): string | undefined {
    const { tokenPath, endpoint } = this.#options;
    try {
      const token = readFileSync(tokenPath, 'utf8').trim();
      return /^[\x21-\x7e]+$/.test(token) ? token : undefined;
    } catch (thrown) {
      if (endpoint.kind === 'kubelet') return undefined;
      throw new WcaError('DISCOVERY_FAILED', {
        subject: `client_token_path ${tokenPath}`,
        errno: errnoName(thrown) ?? 'UNKNOWN',
        message: 'cannot be read',
        remedy: 'run in a pod with a service account, or name the file of a token',
      });
    }
  }
}

function refused(
  subject: string,
  status: number,
  { endpoint, hasToken }: { readonly endpoint: PodEndpoint['kind']; readonly hasToken: boolean },
): WcaError {
  const message = `answers ${status}`;
  if (status !== 401 && status !== 403) return new WcaError('DISCOVERY_FAILED', { subject, message });
  const rights =
    endpoint === 'kubelet'
      ? 'a client certificate (ssl) or a token that may get nodes/proxy'
      : 'a token of a service account that may list pods';
  return new WcaError('DISCOVERY_FAILED', {
    subject,
    message: `${message}: ${hasToken ? 'the token is not enough' : 'no token was sent'}`,
    remedy: `give ${rights}; see examples/kubernetes`,
  });
}
