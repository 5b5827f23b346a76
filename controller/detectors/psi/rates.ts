import type { HostSample, PerResource, TaskSample } from './sample.ts';

/** What a task did between two samples; undefined: not known. */
export interface TaskRates {
  /** Share of the time in which it waited, 0..1. */
  readonly pressure: PerResource<number | undefined>;
  /** Share of the time in which its quota stopped it, 0..1. */
  readonly throttled: number | undefined;
  /** CPUs, bytes a second of faulted pages, bytes a second of block devices. */
  readonly use: PerResource<number | undefined>;
  readonly limitShare: number | undefined;
}

/** What the host did between two samples. */
export interface HostRates {
  readonly cpus: number;
  /** Share of its CPUs in use, 0..1. */
  readonly busy: number | undefined;
  /** Share of its CPUs that the hypervisor gave to others, 0..1. */
  readonly steal: number | undefined;
  readonly memoryShare: number | undefined;
}

/** Rates of a task over `seconds`, which is positive. */
export function taskRates(before: TaskSample, now: TaskSample, seconds: number): TaskRates {
  const share = (from: number | undefined, to: number | undefined): number | undefined => {
    const value = rate(from, to, seconds);
    return value === undefined ? undefined : Math.min(1, value);
  };
  return {
    pressure: {
      cpu: share(before.stalledSeconds.cpu, now.stalledSeconds.cpu),
      memory: share(before.stalledSeconds.memory, now.stalledSeconds.memory),
      io: share(before.stalledSeconds.io, now.stalledSeconds.io),
    },
    // Added over run queues by the kernel: more than the time that passed is possible.
    throttled: share(before.throttledSeconds, now.throttledSeconds),
    use: {
      cpu: rate(before.used.cpu, now.used.cpu, seconds),
      memory: rate(before.used.memory, now.used.memory, seconds),
      io: rate(before.used.io, now.used.io, seconds),
    },
    limitShare: now.limitShare,
  };
}

/** Rates of the host over `seconds`, which is positive. */
export function hostRates(before: HostSample, now: HostSample, seconds: number): HostRates {
  const ofCpus = (from: number | undefined, to: number | undefined): number | undefined => {
    const value = rate(from, to, seconds);
    return value === undefined || now.cpus <= 0 ? undefined : Math.min(1, value / now.cpus);
  };
  return {
    cpus: now.cpus,
    busy: ofCpus(before.busySeconds, now.busySeconds),
    steal: ofCpus(before.stealSeconds, now.stealSeconds),
    memoryShare: now.memoryShare,
  };
}

/** A counter that is missing or ran backwards (the task was made anew, a CPU or a thread went away) tells nothing. */
function rate(before: number | undefined, now: number | undefined, seconds: number): number | undefined {
  return before === undefined || now === undefined || now < before ? undefined : (now - before) / seconds;
}
