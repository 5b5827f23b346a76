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
  /** By target id. */
  readonly current: ReadonlyMap<string, CurrentAllocations>;
  /** By target id: the tasks that were measured. */
  readonly rows: ReadonlyMap<string, { readonly task: Task; readonly current: CurrentAllocations | undefined }>;
}

/** Views of a snapshot: nothing of it is copied, everything is frozen (W39). Tasks that were not measured are left out (W44). */
export function viewIteration(
  { delivery, facts, tasks, derivedTasks, derivedPlatform }: MeasuredIteration,
  denormalise: (current: CurrentAllocations) => CurrentTaskAllocations,
): IterationView {
  const { schema, snapshot, roster, allocations } = delivery;
  const columns = schema.target.flatMap((column, i) => {
    const values = snapshot.targets[i];
    return values === undefined ? [] : [new ColumnRows(column, values)];
  });
  const table = new MeasurementTable([...nameColumns(schema.target, columns), ...derivedTasks]);
  const data = new Map<string, TaskData>();
  const current = new Map<string, CurrentAllocations>();
  const rows = new Map<string, { task: Task; current: CurrentAllocations | undefined }>();
  const inForce = allocations?.rosterId === roster.id ? allocations.targets : [];
  roster.targetIds.forEach((targetId, row) => {
    const task = tasks.get(targetId);
    if (task === undefined || snapshot.states[row] !== targetState.measured) return;
    const found = inForce[row];
    const isThere = found !== undefined && found.identity !== 0n;
    if (isThere) current.set(targetId, found);
    rows.set(targetId, { task, current: isThere ? found : undefined });
    const own = isThere ? denormalise(found) : undefined;
    data.set(task.id, Object.freeze({ ...task, measurements: table.row(row), allocations: own }));
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
  return { platform: platformOf(facts, timestamp, platformTable.row(0)), tasks: data, current, rows };
}
