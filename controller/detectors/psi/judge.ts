import type { HostRates, TaskRates } from './rates.ts';
import type { PressureResource } from './sample.ts';

/** From when on something counts. All are shares, 0..1. */
export interface Thresholds {
  readonly cpuPressure: number;
  readonly memoryPressure: number;
  readonly ioPressure: number;
  /** Steal of the hypervisor. */
  readonly steal: number;
  /** CPUs in use below which nobody can be in the way. */
  readonly hostBusy: number;
  /** The same for memory. */
  readonly memoryUsed: number;
  /** Part of all use of the resource, above which a task can be a disturber. */
  readonly contenderShare: number;
}

/** A task that uses what another waits for. */
export interface Contender {
  readonly id: string;
  /** CPUs, or bytes a second. */
  readonly use: number;
}

/**
 * Why a task waits: `calm` (it does not), `self` (its own quota, limit or threads), `hypervisor`, `neighbour`, `peers`
 * (others use much, but none clearly more than itself), `unattributed` (nobody among the tasks uses enough), `unknown`
 * (something was not measured).
 */
export type Verdict = 'calm' | 'self' | 'hypervisor' | 'neighbour' | 'peers' | 'unattributed' | 'unknown';

/** A verdict with what it rests on. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Share of the time waited. */
  readonly pressure: number | undefined;
  /** What is left of it without the time in which its quota stopped the task. */
  readonly net: number | undefined;
  /** Most use first; only of `neighbour`. */
  readonly contenders: readonly Contender[];
  /** What would have to be measured; only of `unknown`. */
  readonly missing: readonly string[];
}

export interface Question {
  readonly resource: PressureResource;
  readonly id: string;
  readonly tasks: ReadonlyMap<string, TaskRates>;
  readonly host: HostRates;
  readonly thresholds: Thresholds;
}

/** A task that held this much of its own memory limit stalls because of it. */
const atLimit = 0.95;
/** Time stopped by the own quota, as a part of the time waited, that makes the quota the cause (field §3.6). */
const ownPart = 0.5;
/** A disturber uses so many times what the victim uses. With equal weights a task of many threads waits for its own. */
const clearlyMore = 1.25;

/** Why one task waits for one resource. Pure: the same for intervals of any length. */
export function judge(question: Question): Judgement {
  const { resource, id, tasks, thresholds } = question;
  const task = tasks.get(id);
  const pressure = task?.pressure[resource];
  const unknown = (missing: readonly string[]): Judgement => answer('unknown', { pressure, missing });
  if (task === undefined || pressure === undefined) return unknown([`pressure of ${resource}`]);
  if (pressure < thresholdOf(resource, thresholds)) return answer('calm', { pressure, net: pressure });
  const missing = missingInputs(question, task);
  if (missing.length > 0) return unknown(missing);
  if (resource === 'cpu') return judgeCpu(question, task, pressure);
  if (resource === 'memory') return judgeMemory(question, task, pressure);
  return blame(question, pressure);
}

function judgeCpu(question: Question, { throttled = 0 }: TaskRates, pressure: number): Judgement {
  const { host, thresholds } = question;
  const net = Math.max(0, pressure - throttled);
  // PSI counts the time in which the quota stops a task as pressure.
  if (throttled >= ownPart * pressure || net < thresholds.cpuPressure) return answer('self', { pressure, net });
  if ((host.steal ?? 0) >= thresholds.steal) return answer('hypervisor', { pressure, net });
  // On a host that is not busy a task waits for what it may not have: a cpuset, or a quota above it.
  if ((host.busy ?? 0) < thresholds.hostBusy) return answer('self', { pressure, net });
  return blame(question, pressure, net);
}

function judgeMemory(question: Question, { limitShare = 0 }: TaskRates, pressure: number): Judgement {
  const { host, thresholds } = question;
  const isOwn = limitShare >= atLimit || (host.memoryShare ?? 0) < thresholds.memoryUsed;
  return isOwn ? answer('self', { pressure, net: pressure }) : blame(question, pressure);
}

/** Who uses the resource, the most first: never the task itself, and nobody who does not use clearly more than it. */
function blame({ resource, id, tasks, host, thresholds }: Question, pressure: number, net = pressure): Judgement {
  const own = tasks.get(id)?.use[resource] ?? 0;
  const others: Contender[] = [];
  let total = own;
  for (const [other, { use }] of tasks) {
    const used = use[resource] ?? 0;
    if (other === id || used <= 0) continue;
    total += used;
    others.push({ id: other, use: used });
  }
  // What belongs to no task counts too.
  if (resource === 'cpu') total = Math.max(total, (host.busy ?? 0) * host.cpus);
  const large = others.filter(({ use }) => use >= thresholds.contenderShare * total);
  const contenders = large
    .filter(({ use }) => use >= clearlyMore * own)
    .sort((a, b) => b.use - a.use || (a.id < b.id ? -1 : 1));
  if (contenders.length > 0) return answer('neighbour', { pressure, net, contenders });
  if (large.length > 0) return answer('peers', { pressure, net });
  // It waits behind its own threads, or for a part that no task accounts for.
  return answer(own > 0 && own >= thresholds.contenderShare * total ? 'self' : 'unattributed', { pressure, net });
}

function missingInputs({ resource, host }: Question, task: TaskRates): readonly string[] {
  const needed: readonly (readonly [string, number | undefined])[] = {
    cpu: [
      ['task_cpu_throttled_seconds', task.throttled],
      ['platform_cpu_usage', host.busy],
      ['platform_cpu_steal', host.steal],
    ] as const,
    memory: [
      ['task_mem_limit_bytes', task.limitShare],
      ['platform_mem_usage_bytes', host.memoryShare],
    ] as const,
    io: [],
  }[resource];
  const use = [[usedMetrics[resource], task.use[resource]]] as const;
  return [...needed, ...use].filter(([, value]) => value === undefined).map(([name]) => name);
}

/** Metrics that tell how much of a resource a task uses. */
export const usedMetrics = {
  cpu: 'task_cpu_usage_seconds',
  memory: 'task_mem_page_faults',
  io: 'task_io_read_bytes',
} as const;

function thresholdOf(resource: PressureResource, thresholds: Thresholds): number {
  const { cpuPressure, memoryPressure, ioPressure } = thresholds;
  return { cpu: cpuPressure, memory: memoryPressure, io: ioPressure }[resource];
}

function answer(verdict: Verdict, facts: Partial<Omit<Judgement, 'verdict'>>): Judgement {
  return { pressure: undefined, net: undefined, contenders: [], missing: [], ...facts, verdict };
}
