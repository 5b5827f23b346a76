/**
 * What control files of cgroup v2 say when their controller has just been enabled; Documentation/admin-guide/
 * cgroup-v2.rst: `cpu.max`, `max 100000`. Only those that systemd brings with a property of its unit.
 */
const kernelDefaults: Readonly<Record<string, string>> = {
  'cpu.max': 'max 100000',
  'cpu.weight': '100',
  'cpu.idle': '0',
  'cpuset.cpus': '',
  'cpuset.mems': '',
  'memory.high': 'max',
  'memory.low': '0',
  'io.weight': 'default 100',
};

/** The value in force of a file that is not there, for its controller is not enabled; undefined: not known. */
export function kernelDefault(file: string): string | undefined {
  return Object.hasOwn(kernelDefaults, file) ? kernelDefaults[file] : undefined;
}
