/**
 * Where the kernel's files are found. Cgroup mount points are not here: they come from `<procfs>/self/mountinfo`.
 * The descriptors of this process itself are always reached through /proc/self/fd, whatever `procfs` is.
 */
export interface KernelRoots {
  readonly procfs: string;
  readonly sysfs: string;
}

export const defaultRoots: KernelRoots = { procfs: '/proc', sysfs: '/sys' };
