/** What the path of a cgroup tells of who made it. */
export interface CgroupDescription {
  /** Short and readable: `nginx.service`, `docker-0123456789ab`. Not unique. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** systemd's spelling of `-` and others inside unit names; systemd.unit(5), "String Escaping for Inclusion". */
export function unescapeUnit(text: string): string {
  // Every other part is the two digits of an escaped byte.
  const parts = text.split(/\\x([0-9a-fA-F]{2})/);
  if (parts.length === 1) return text;
  return Buffer.concat(parts.map((part, i) => Buffer.from(part, i % 2 === 1 ? 'hex' : 'utf8'))).toString('utf8');
}

const containerId = '[0-9a-f]{64}|[0-9a-f]{32}(?:-[0-9]+)?';

/**
 * Names that container runtimes give to cgroups.
 * `docker-<id>.scope`, `cri-containerd-<id>.scope`, `crio-<id>.scope`, `libpod-<id>.scope`, `libpod-<id>` (cgroupfs).
 */
const scoped = new RegExp(`^(docker|cri-containerd|crio|libpod)-(${containerId})(?:\\.scope)?$`);
/** containerd with systemd paths given as slice:prefix:name through cgroupfs: `system.slice:cri-containerd:<id>`. */
const colons = new RegExp(`:(cri-containerd|docker|crio|libpod):(${containerId})$`);
const bare = new RegExp(`^(?:${containerId})$`);
const runtimeNames: Readonly<Record<string, string>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  crio: 'crio',
  libpod: 'podman',
};

interface Container {
  /** undefined: the path does not tell. */
  readonly runtime: string | undefined;
  readonly id: string;
  /** Index of its segment: below it are the container's own cgroups. */
  readonly at: number;
}

function findContainer(segments: readonly string[]): Container | undefined {
  for (let at = segments.length - 1; at >= 0; at -= 1) {
    const segment = segments[at] ?? '';
    const [, prefix = '', id] = scoped.exec(segment) ?? colons.exec(segment) ?? [];
    if (id !== undefined) return { runtime: runtimeNames[prefix], id, at };
    if (!bare.test(segment)) continue;
    const parent = segments[at - 1] ?? '';
    if (parent === 'docker' || findPod(segments) !== undefined) {
      return { runtime: parent === 'docker' ? 'docker' : undefined, id: segment, at };
    }
  }
  return undefined;
}

interface Pod {
  readonly uid: string;
  readonly qos: 'guaranteed' | 'burstable' | 'besteffort';
}

/**
 * kubelet's pod cgroups: `/kubepods/burstable/pod<uid>`, systemd: `/kubepods.slice/kubepods-burstable.slice/
 * kubepods-burstable-pod<uid with _ for ->.slice`; guaranteed pods have no level of their own. Also below a prefix
 * (`/kubelet.slice/kubelet-kubepods.slice/…` of kind).
 */
function findPod(segments: readonly string[]): Pod | undefined {
  const at = segments.findIndex((segment) => /^(?:[a-z0-9]+-)*kubepods(?:\.slice)?$/.test(segment));
  if (at < 0) return undefined;
  for (const segment of segments.slice(at + 1, at + 4)) {
    const uid = /^pod([0-9a-zA-Z-]{1,64})$/.exec(segment)?.[1];
    if (uid !== undefined) return { uid, qos: qosOf(segments[at + 1] ?? '') };
    const systemd = /^(?:[a-z0-9]+-)*kubepods(?:-(burstable|besteffort))?-pod([0-9a-zA-Z_]{1,64})\.slice$/.exec(
      segment,
    );
    if (systemd !== null) return { uid: (systemd[2] ?? '').replaceAll('_', '-'), qos: qosOf(systemd[1] ?? '') };
  }
  return undefined;
}

function qosOf(text: string): Pod['qos'] {
  return text === 'burstable' || text === 'besteffort' ? text : 'guaranteed';
}

/** Names and labels from the path alone. `cgroup_kind` is always set. Pure. */
export function describeCgroup(path: string): CgroupDescription {
  const segments = path.split('/').filter((segment) => segment !== '');
  const last = segments.at(-1);
  if (last === undefined) return { name: '/', labels: { cgroup_kind: 'root' } };
  const container = findContainer(segments);
  const pod = findPod(segments);
  if (pod !== undefined) return describePod(segments, pod, container);
  if (container !== undefined) return describeContainer(segments, container);
  return describeLxc(segments) ?? describeUnit(segments, last);
}

/** What is below the container's cgroup: `/init.scope` of a systemd inside. */
function inside(segments: readonly string[], at: number): string {
  return segments
    .slice(at + 1)
    .map((segment) => `/${unescapeUnit(segment)}`)
    .join('');
}

function describePod(segments: readonly string[], pod: Pod, container: Container | undefined): CgroupDescription {
  const labels = { cgroup_kind: 'kubernetes', pod_uid: pod.uid, pod_qos: pod.qos };
  const shortPod = `pod-${pod.uid.slice(0, 8)}`;
  if (container === undefined) return { name: shortPod, labels };
  const { id, at, runtime } = container;
  return {
    name: `${shortPod}/${id.slice(0, 12)}${inside(segments, at)}`,
    labels: { ...labels, container_id: id, ...(runtime === undefined ? {} : { container_runtime: runtime }) },
  };
}

function describeContainer(
  segments: readonly string[],
  { id, at, runtime = 'container' }: Container,
): CgroupDescription {
  return {
    name: `${runtime}-${id.slice(0, 12)}${inside(segments, at)}`,
    labels: { cgroup_kind: runtime, container_id: id, container_runtime: runtime },
  };
}

/**
 * `/lxc/web`, `/lxc.payload/web` (liblxc 3), `/lxc.payload.web` (liblxc 4), `/machine.slice/machine-web.scope`,
 * `/machine.slice/machine-qemu\x2d1\x2dvm.scope`.
 */
function describeLxc(segments: readonly string[]): CgroupDescription | undefined {
  const [first = '', second] = segments;
  const at = first === 'lxc' || first === 'lxc.payload' ? 1 : 0;
  const lxc = at === 1 ? second : /^lxc\.payload\.(.+)$/.exec(first)?.[1];
  if (lxc !== undefined) {
    return { name: `lxc-${lxc}${inside(segments, at)}`, labels: { cgroup_kind: 'lxc', machine: lxc } };
  }
  if (first !== 'machine.slice' || second === undefined) return undefined;
  const machine = unescapeUnit(
    /^(?:machine-|systemd-nspawn@)?(.+?)(?:\.scope|\.service|\.slice)?$/.exec(second)?.[1] ?? second,
  );
  return { name: `${machine}${inside(segments, 1)}`, labels: { cgroup_kind: 'machine', machine } };
}

/** Units of systemd: the innermost service or scope and slice of the path; `user-1000.slice` tells the user. */
function describeUnit(segments: readonly string[], last: string): CgroupDescription {
  const unitAt = segments.findLastIndex((segment) => /.\.(?:service|scope|socket|mount|swap)$/.test(segment));
  const slice = segments.findLast((segment) => /.\.slice$/.test(segment));
  const uid = segments
    .map((segment) => /^user-([0-9]{1,10})\.slice$/.exec(segment)?.[1])
    .find((id) => id !== undefined);
  if (unitAt < 0 && slice === undefined) {
    return { name: segments.map(unescapeUnit).join('/'), labels: { cgroup_kind: 'cgroup' } };
  }
  const unit = segments[unitAt];
  const name = unit === undefined ? unescapeUnit(last) : `${unescapeUnit(unit)}${inside(segments, unitAt)}`;
  return {
    name,
    labels: {
      cgroup_kind: uid === undefined ? 'systemd' : 'user',
      ...(unit === undefined ? {} : { systemd_unit: unescapeUnit(unit) }),
      ...(slice === undefined ? {} : { systemd_slice: unescapeUnit(slice) }),
      ...(uid === undefined ? {} : { user_uid: uid }),
    },
  };
}
