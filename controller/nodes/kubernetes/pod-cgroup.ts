/** How kubelet names cgroups. */
export const cgroupDrivers = ['systemd', 'cgroupfs'] as const;
export type CgroupDriver = (typeof cgroupDrivers)[number];

export const qosClasses = ['besteffort', 'burstable', 'guaranteed'] as const;
export type QosClass = (typeof qosClasses)[number];

/** A container's id with its runtime: of `containerd://1111aaaa`. */
export interface ContainerId {
  readonly runtime: string;
  readonly id: string;
}

/** undefined for what is none: it becomes part of a path. */
export function parseContainerId(text: unknown): ContainerId | undefined {
  if (typeof text !== 'string') return undefined;
  const [, runtime, id] = /^([a-z][a-z0-9-]{0,30}):\/\/([A-Za-z0-9_.-]{1,128})$/.exec(text) ?? [];
  return runtime === undefined || id === undefined || /^\.+$/.test(id) ? undefined : { runtime, id };
}

/** Whether it may be a pod's uid, or the hash of a static pod's manifest. */
export function isPodUid(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z0-9-]{1,128}$/.test(text);
}

/**
 * Where the cgroup of a pod may be, the likeliest first (spec config §4.4.4). kubelet: pkg/kubelet/cm/pod_container_manager;
 * a guaranteed pod is not below a folder of its class, whatever the original said (W-23).
 */
export function podCgroups(driver: CgroupDriver, qos: QosClass, uids: readonly string[]): readonly string[] {
  const spellings = [...new Set(uids.flatMap((uid) => [uid, uid.replaceAll('-', '')]))];
  if (driver === 'cgroupfs') {
    const parent = qos === 'guaranteed' ? '/kubepods' : `/kubepods/${qos}`;
    return spellings.map((uid) => `${parent}/pod${uid}`);
  }
  const scopes = spellings.map((uid) => uid.replaceAll('-', '_'));
  const below = (name: string): readonly string[] =>
    scopes.map((uid) => `/kubepods.slice/kubepods-${name}.slice/kubepods-${name}-pod${uid}.slice`);
  if (qos !== 'guaranteed') return below(qos);
  return [...scopes.map((uid) => `/kubepods.slice/kubepods-pod${uid}.slice`), ...below(qos)];
}

/** Prefixes of the scopes of containers by runtime. */
const scopePrefixes: Readonly<Record<string, string>> = {
  docker: 'docker',
  containerd: 'cri-containerd',
  'cri-o': 'crio',
};

/** The cgroup of a container in that of its pod. */
export function containerCgroup(driver: CgroupDriver, pod: string, { runtime, id }: ContainerId): string {
  if (driver === 'systemd') return `${pod}/${scopePrefixes[runtime] ?? runtime}-${id}.scope`;
  return runtime === 'cri-o' ? `${pod}/crio-${id}` : `${pod}/${id}`;
}
