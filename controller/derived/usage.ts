import type { HostUsage } from '../../shared/rpc/gen/wca/v1/HostUsage.ts';
import type { TaskUsage } from '../../shared/rpc/gen/wca/v1/TaskUsage.ts';
import { type ColumnValues, isAbsent } from '../../shared/rpc/watch-messages.ts';
import { nameOfState } from '../model/target-states.ts';
import type { Task } from '../model/task.ts';
import type { Deltas } from './deltas.ts';

/** Larger is no limit: the machine's memory is the limit then. */
const unlimitedBytes = 2 ** 62;

/** What each task consumed between two snapshots. Fields that cannot be known are left out. */
export function taskUsages(deltas: Deltas, tasks: ReadonlyMap<string, Task>): TaskUsage[] {
  const { roster, snapshot } = deltas.current;
  return roster.targetIds.flatMap((id, row) => {
    const task = tasks.get(id);
    return task === undefined ? [] : [taskUsage(deltas, { row, task, state: nameOfState(snapshot.states[row] ?? 0) })];
  });
}

function taskUsage(deltas: Deltas, { row, task, state }: { row: number; task: Task; state: string }): TaskUsage {
  const usage: TaskUsage = { id: task.id, name: task.name, state };
  const set = (field: UsageField, value: number | undefined): void => {
    // An absent value is no field, not a zero.
    if (value !== undefined) usage[field] = value;
  };
  const perSecond = (amount: number | undefined): number | undefined => divide(amount, deltas.seconds);
  const grown = (metric: string): number | undefined => deltas.delta(metric, row);
  const pressure = (resource: string): number | undefined =>
    perSecond(deltas.delta('task_psi_stalled_seconds', row, { resource, kind: 'some' }));
  const limit = deltas.value('task_mem_limit_bytes', row);
  set('cpuCores', perSecond(grown('task_cpu_usage_seconds') ?? grown('task_clock_seconds')));
  set('memoryBytes', deltas.value('task_mem_usage_bytes', row));
  set('memoryLimitBytes', limit !== undefined && limit < unlimitedBytes ? limit : undefined);
  set('ipc', divide(grown('task_instructions'), grown('task_cycles')));
  set('contextSwitchesPerSecond', perSecond(grown('task_context_switches')));
  set('pageFaultsPerSecond', perSecond(grown('task_mem_page_faults') ?? grown('task_page_faults')));
  set('cpuPressureRatio', pressure('cpu'));
  set('memoryPressureRatio', pressure('memory'));
  set('ioPressureRatio', pressure('io'));
  set('llcOccupancyBytes', deltas.value('task_llc_occupancy_bytes', row));
  set('memoryBandwidthBytesPerSecond', perSecond(grown('task_mem_bandwidth_bytes')));
  set('throttledRatio', divide(grown('task_cpu_throttled_periods'), grown('task_cpu_periods')));
  return usage;
}

type UsageField =
  | 'cpuCores'
  | 'memoryBytes'
  | 'memoryLimitBytes'
  | 'ipc'
  | 'contextSwitchesPerSecond'
  | 'pageFaultsPerSecond'
  | 'cpuPressureRatio'
  | 'memoryPressureRatio'
  | 'ioPressureRatio'
  | 'throttledRatio'
  | 'llcOccupancyBytes'
  | 'memoryBandwidthBytesPerSecond';

/** What is needed of the platform's facts. */
export interface HostFacts {
  readonly hostname: string;
  readonly cpus: number;
  readonly clockTicksPerSecond: number;
  readonly memoryTotalBytes: number;
}

/** What the whole host consumed. */
export function hostUsage(deltas: Deltas, facts: HostFacts): HostUsage {
  const { current, previous, seconds } = deltas;
  const now = sumPlatform(current, 'platform_cpu_usage');
  const before = previous === undefined ? undefined : sumPlatform(previous, 'platform_cpu_usage');
  const busyTicks = now === undefined || before === undefined || now < before ? undefined : now - before;
  const cpuCores = divide(divide(busyTicks, facts.clockTicksPerSecond), seconds);
  const memoryBytes = sumPlatform(current, 'platform_mem_usage_bytes');
  return {
    hostname: facts.hostname,
    cpus: facts.cpus,
    memoryTotalBytes: facts.memoryTotalBytes,
    ...(cpuCores === undefined ? {} : { cpuCores }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
}

function sumPlatform({ schema, snapshot }: Deltas['current'], metric: string): number | undefined {
  let sum: number | undefined;
  schema.platform.forEach((column, i) => {
    const values: ColumnValues | undefined = snapshot.platform[i];
    if (column.metric !== metric || values === undefined || isAbsent(values, 0)) return;
    sum = (sum ?? 0) + ((values.words[1] ?? 0) * 4_294_967_296 + (values.words[0] ?? 0)) / column.divisor;
  });
  return sum;
}

function divide(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || b <= 0 ? undefined : a / b;
}
