/** Identity of a task: Task.id. */
export type TaskId = string;

/** What an orchestrator runs: a pod, a Mesos task, a static entry. */
export interface Task {
  readonly id: TaskId;
  readonly name: string;
  /** cgroup of the whole task, with a leading slash, relative to the root of each hierarchy. */
  readonly cgroupPath: string;
  /** cgroups of its containers (Kubernetes); empty when the task is a single cgroup. */
  readonly subcgroupPaths: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Initial assignment. Canonical keys: `cpus` (CPUs), `mem` (bytes), `disk` (bytes). */
  readonly resources: Readonly<Record<string, number | string>>;
}
