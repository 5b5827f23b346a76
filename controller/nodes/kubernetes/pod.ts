import { isObject, type Json, listOf, objectOf, parseJson } from '../json-shape.ts';
import { type ContainerId, isPodUid, parseContainerId, type QosClass, qosClasses } from './pod-cgroup.ts';
import { parseQuantity } from './quantity.ts';

/** A pod with at least one container that runs. */
export interface Pod {
  readonly uid: string;
  /** What its cgroup may be named after: the hash of its manifest for a static pod, and the uid. */
  readonly cgroupUids: readonly string[];
  readonly namespace: string;
  readonly name: string;
  readonly qos: QosClass;
  readonly labels: Readonly<Record<string, string>>;
  readonly resources: Readonly<Record<string, number>>;
  readonly containers: readonly ContainerId[];
  /** IP of its node; undefined before it is scheduled. */
  readonly hostIp: string | undefined;
}

/** What a list of pods says; the version of the API only adds fields. */
export interface PodList {
  readonly pods: readonly Pod[];
  /** Where the list goes on; undefined at its end. */
  readonly next: string | undefined;
  /** Items that are no pods, with what is wrong. */
  readonly problems: readonly string[];
}

/** undefined for a text that is no list of pods. Pods of which nothing runs are left out. */
export function parsePodList(text: string): PodList | undefined {
  const document = parseJson(text);
  const items = isObject(document) ? document['items'] : undefined;
  // kubelet says null for an empty list.
  if (!isObject(document) || (items !== null && !Array.isArray(items))) return undefined;
  const problems: string[] = [];
  const pods: Pod[] = [];
  for (const item of listOf(items)) {
    const found = parsePod(item);
    if (typeof found === 'string') problems.push(found);
    else if (found !== undefined) pods.push(found);
  }
  const next = objectOf(document['metadata'])['continue'];
  return { pods, problems, next: typeof next === 'string' && next !== '' ? next : undefined };
}

/** The pod; undefined when nothing of it runs; what is wrong with it. */
function parsePod(item: unknown): Pod | string | undefined {
  const pod = objectOf(item);
  const [metadata, spec, status] = [objectOf(pod['metadata']), objectOf(pod['spec']), objectOf(pod['status'])];
  const { uid, name, namespace } = metadata;
  if (!isPodUid(uid) || typeof name !== 'string' || typeof namespace !== 'string') {
    return `an item without name, namespace or uid: ${JSON.stringify(metadata).slice(0, 200)}`;
  }
  const states = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'].flatMap((kind) =>
    listOf(status[kind]).map(objectOf),
  );
  const containers = states
    .filter((state) => isObject(objectOf(state['state'])['running']))
    .flatMap((state) => parseContainerId(state['containerID']) ?? []);
  if (containers.length === 0) return undefined;
  const qosText = typeof status['qosClass'] === 'string' ? status['qosClass'].toLowerCase() : '';
  const qos = qosClasses.find((known) => known === qosText);
  if (qos === undefined)
    return `pod ${namespace}/${name}: qosClass is ${JSON.stringify(status['qosClass']) ?? 'absent'}`;
  const annotations = objectOf(metadata['annotations']);
  const hashes = ['kubernetes.io/config.mirror', 'kubernetes.io/config.hash'].map((key) => annotations[key]);
  const { hostIP } = status;
  return {
    uid,
    cgroupUids: [...new Set([...hashes.filter(isPodUid), uid])],
    namespace,
    name,
    qos,
    labels: Object.fromEntries(Object.entries(objectOf(metadata['labels'])).filter(isTextEntry)),
    resources: resourcesOf(spec),
    containers,
    hostIp: typeof hostIP === 'string' && hostIP !== '' ? hostIP : undefined,
  };
}

/**
 * Requests and limits, added over the containers (spec config §4.4.5); what the pod itself has (Kubernetes 1.34) stands
 * for their sum. What is no quantity is left out.
 */
function resourcesOf(spec: Json): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const container of listOf(spec['containers'])) {
    for (const [key, amount] of amountsOf(objectOf(container))) sums.set(key, (sums.get(key) ?? 0) + amount);
  }
  for (const [key, amount] of amountsOf(spec)) sums.set(key, amount);
  const aliases = { cpus: 'requests_cpu', mem: 'requests_memory', disk: 'requests_ephemeral-storage' };
  for (const [alias, key] of Object.entries(aliases)) {
    const amount = sums.get(key);
    if (amount !== undefined) sums.set(alias, amount);
  }
  return Object.fromEntries(sums);
}

/** `requests_cpu`, 0.25 and so on, of a container or a pod. */
function amountsOf({ resources }: Json): readonly (readonly [key: string, amount: number])[] {
  return ['requests', 'limits'].flatMap((kind) =>
    Object.entries(objectOf(objectOf(resources)[kind])).flatMap(([name, text]) => {
      const amount = parseQuantity(text);
      return amount === undefined ? [] : [[`${kind}_${name}`, amount] as const];
    }),
  );
}

function isTextEntry(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}
