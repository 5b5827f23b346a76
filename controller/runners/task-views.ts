import type { CurrentAllocations } from '../../shared/allocation/values.ts';
import { targetState } from '../../shared/rpc/watch-messages.ts';
import type { CurrentTaskAllocations } from '../model/current-allocations.ts';
import { arrayValues } from '../model/metric-batch.ts';
import type { Platform } from '../model/platform.ts';
import type { Task } from '../model/task.ts';
import type { TaskData, TasksData } from '../model/task-data.ts';
import type { MeasuredIteration } from './iteration-extension.ts';
import { MeasurementTable, nameColumns } from './measurement-views.ts';
import { platformOf } from './platform-view.ts';
import { ColumnRows } from './row-values.ts';

/** What plugins are shown of an iteration. */
export interface IterationView {
  readonly platform: Platform;
  readonly tasks: TasksData;
  /** By target id: the tasks that were measured. */
  readonly rows: ReadonlyMap<string, AllocatedTask>;
}

/** A task with what is in force of it, as the collector told. */
export interface AllocatedTask {
  readonly task: Task;
  readonly current: CurrentAllocations | undefined;
}

/**
 * Views of a snapshot: nothing of it is copied, everything is frozen (W39). Tasks that were not measured are left out
 * (W44). A row that is as in `known`, of the iteration before, is the same object.
 */
export function viewIteration(
  { delivery, facts, tasks, derivedTasks, derivedPlatform }: MeasuredIteration,
  denormalise: (current: CurrentAllocations) => CurrentTaskAllocations,
  known: IterationView['rows'] = new Map(),
): IterationView {
  const { schema, snapshot, roster, allocations } = delivery;
  const columns = schema.target.flatMap((column, i) => {
    const values = snapshot.targets[i];
    return values === undefined ? [] : [new ColumnRows(column, values)];
  });
  const table = new MeasurementTable([...nameColumns(schema.target, columns), ...derivedTasks]);
  const data = new Map<string, TaskData>();
  const rows = new Map<string, AllocatedTask>();
  const inForce = allocations?.rosterId === roster.id ? allocations.targets : [];
  roster.targetIds.forEach((targetId, row) => {
    const task = tasks.get(targetId);
    if (task === undefined || snapshot.states[row] !== targetState.measured) return;
    const found = inForce[row];
    const current = found !== undefined && found.identity !== 0n ? found : undefined;
    const before = known.get(targetId);
    rows.set(targetId, before?.task === task && before.current === current ? before : { task, current });
    const allocations = current === undefined ? undefined : denormalise(current);
    const { id, name, cgroupPath, subcgroupPaths, labels, resources } = task;
    const measurements = table.row(row);
    const shown = { id, name, cgroupPath, subcgroupPaths, labels, resources, measurements, allocations };
    data.set(id, Object.freeze(shown));
  });
  const platformColumns = schema.platform.flatMap((column, i) => {
    const values = snapshot.platform[i];
    return values === undefined ? [] : [new ColumnRows(column, values)];
  });
  const derived = derivedPlatform.map(({ name, labels, value }) => ({
    metric: name,
    labels,
    values: arrayValues([value]),
  }));
  const platformTable = new MeasurementTable([...nameColumns(schema.platform, platformColumns), ...derived]);
  const timestamp = Number(snapshot.realtimeNs / 1000n) / 1e6;
  return { platform: platformOf(facts, timestamp, platformTable.row(0)), tasks: data, rows };
}
