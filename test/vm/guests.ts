/** The machines that tests run on. Data only; docs/testing.md tells what each is for and what it cannot show. */

export type Architecture = 'amd64' | 'arm64';

export interface Guest {
  readonly name: string;
  /** One line for --list. */
  readonly summary: string;
  readonly architecture: Architecture;
  /** Debian package of the kernel; with /backports, of bookworm-backports. */
  readonly kernel: string;
  readonly kernelArguments: readonly string[];
  /** QEMU's -machine, -accel, -cpu, -smp, -m, NUMA. */
  readonly hardware: readonly string[];
  /** Environment of shim/fakerdt.c; undefined: QEMU as it is, without RDT and PMU. */
  readonly shim: Readonly<Record<string, string>> | undefined;
  /** Only with --all. */
  readonly nightly: boolean;
}

/** Ice Lake server: the newest model without errata in the kernel's resctrl. */
const intelCpu = 'max,vendor=GenuineIntel,family=6,model=106,stepping=6';
const twoSockets = ['-smp', '4,sockets=2,cores=2,threads=1', '-m', '2G'];

/** Memory of equal size on each node, CPUs in order, distance 21 between nodes as on two sockets. */
function numaNodes(nodes: readonly { readonly cpus: string; readonly memory: string }[]): readonly string[] {
  const parts = nodes.flatMap(({ cpus, memory }, id) => [
    '-object',
    `memory-backend-ram,id=memory${id},size=${memory}`,
    '-numa',
    `node,nodeid=${id},cpus=${cpus},memdev=memory${id}`,
  ]);
  const pairs = nodes.flatMap((_, from) => nodes.slice(from + 1).map((_, i) => [from, from + 1 + i] as const));
  return [...parts, ...pairs.flatMap(([from, to]) => ['-numa', `dist,src=${from},dst=${to},val=21`])];
}

const twoNodes = numaNodes([
  { cpus: '0-1', memory: '1G' },
  { cpus: '2-3', memory: '1G' },
]);
const pc = ['-machine', 'q35', '-accel', 'tcg,thread=multi,tb-size=512'];

const v2: Guest = {
  name: 'v2',
  summary: '2 sockets, 2 NUMA nodes, cgroup v2, systemd, resctrl with 2 L3 domains, PMU (synthetic counts)',
  architecture: 'amd64',
  kernel: 'linux-image-amd64',
  kernelArguments: ['nmi_watchdog=0'], // it would hold the fixed counter of cycles
  hardware: [...pc, '-cpu', intelCpu, ...twoSockets, ...twoNodes],
  shim: { RDT_CDP: '1' }, // code and data can be divided: by mount option, else nothing differs
  nightly: false,
};

export const guests: readonly Guest[] = [
  v2,
  {
    ...v2,
    name: 'v1',
    summary: '2 sockets, 2 NUMA nodes, cgroup v1, systemd, neither resctrl nor PMU',
    kernelArguments: ['systemd.unified_cgroup_hierarchy=0', 'systemd.legacy_systemd_cgroup_controller=1'],
    shim: undefined,
  },
  {
    name: 'arm64',
    summary: 'arm64, 1 CPU, cgroup v2, no systemd, counts instructions for real (-icount)',
    architecture: 'arm64',
    kernel: 'linux-image-arm64',
    kernelArguments: [],
    hardware: [
      ...['-machine', 'virt', '-accel', 'tcg,thread=single,tb-size=512', '-icount', 'shift=2,sleep=off'],
      ...['-cpu', 'max', '-smp', '1', '-m', '1G'], // QEMU's counter of instructions is one for all CPUs
    ],
    shim: undefined,
    nightly: false,
  },
  {
    ...v2,
    name: 'nodes4',
    summary: 'as v2 with 4 NUMA nodes of one CPU each',
    hardware: [
      ...[...pc, '-cpu', intelCpu, ...twoSockets],
      ...numaNodes(['0', '1', '2', '3'].map((cpus) => ({ cpus, memory: '512M' }))),
    ],
    nightly: true,
  },
  { ...v2, name: 'kernel612', summary: 'as v2 with Linux 6.12', kernel: 'linux-image-amd64/backports', nightly: true },
];
