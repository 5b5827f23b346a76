import type { Logger } from 'pino';
import type { Host } from '../../model/host.ts';
import type { Task } from '../../model/task.ts';
import { LeftOut } from '../left-out.ts';
import type { Node } from '../node.ts';
import type { Pod } from './pod.ts';
import { type CgroupDriver, containerCgroup, podCgroups } from './pod-cgroup.ts';
import type { PodSource } from './pod-source.ts';

export interface KubernetesNodeOptions {
  readonly source: PodSource;
  readonly host: Host;
  readonly logger: Logger;
  readonly driver: CgroupDriver;
  /** Pods of other nodes are left out; undefined: the source has none. */
  readonly nodeIp: string | undefined;
  readonly close: () => Promise<void>;
}

/** Pods of this node with a running container (spec config §4.4). */
export class KubernetesNode implements Node {
  readonly #options: KubernetesNodeOptions;
  readonly #leftOut: LeftOut;

  constructor(options: KubernetesNodeOptions) {
    this.#options = options;
    this.#leftOut = new LeftOut(options.logger);
  }

  describe(): string {
    return 'KubernetesNode';
  }

  async tasks(signal: AbortSignal): Promise<readonly Task[]> {
    const { source, nodeIp } = this.#options;
    const { pods, problems } = await source.list(signal);
    const own = pods.filter(({ hostIp }) => nodeIp === undefined || hostIp === nodeIp);
    const cgroups = await this.#findCgroups(own, signal);
    const missing = own.filter(({ uid }) => !cgroups.has(uid));
    this.#leftOut.tell([
      ...problems,
      ...missing.map(({ namespace, name }) => `pod ${namespace}/${name}: it has no cgroup on this host`),
    ]);
    return own.flatMap((pod) => {
      const cgroup = cgroups.get(pod.uid);
      return cgroup === undefined ? [] : [taskOf(pod, cgroup, this.#options.driver)];
    });
  }

  async stop(): Promise<void> {
    await this.#options.close();
  }

  /** By uid: of the places where the cgroup of a pod may be, the first that is there. */
  async #findCgroups(pods: readonly Pod[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { host, driver } = this.#options;
    if (pods.length === 0) return new Map();
    const places = new Map(pods.map(({ uid, qos, cgroupUids }) => [uid, podCgroups(driver, qos, cgroupUids)]));
    const asked = [...new Set([...places.values()].flat())];
    const there = await host.listCgroups({ paths: asked, includeEmpty: true }, signal);
    const paths = new Set(there.map(({ path }) => path));
    return new Map(
      [...places].flatMap(([uid, candidates]) => {
        const found = candidates.find((path) => paths.has(path));
        return found === undefined ? [] : [[uid, found] as const];
      }),
    );
  }
}

function taskOf(
  { uid, namespace, name, qos, labels, resources, containers }: Pod,
  cgroup: string,
  driver: CgroupDriver,
): Task {
  return {
    id: uid,
    name: `${namespace}/${name}`,
    cgroupPath: cgroup,
    subcgroupPaths: containers.map((container) => containerCgroup(driver, cgroup, container)),
    labels: { ...renameLabels(labels), app_kubernetes_io__qos_class: qos },
    resources,
  };
}

/** `app.kubernetes.io/name` is `app_kubernetes_io__name` (spec config §4.4.3). */
function renameLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [key.replaceAll('/', '__').replaceAll(/[.-]/g, '_'), value]),
  );
}
