import type { Task__Output as Task } from '../../../shared/rpc/gen/wca/v1/Task.ts';
import { type Cell, renderTable, type TableColumn } from '../../terminal/render.ts';
import type { Style } from '../../terminal/style.ts';

/** Labels every task has and the table shows elsewhere. */
const shownElsewhere = new Set(['task_id', 'task_name']);

/** The tasks the controller found, by name. */
export function renderTasks(tasks: readonly Task[], style: Style): readonly string[] {
  const ofSeveral = tasks.some(({ node }) => node !== '');
  const columns: readonly TableColumn[] = [
    ...(ofSeveral ? [{ title: 'NODE', align: 'left' } as const] : []),
    { title: 'TASK', align: 'left', minWidth: 16 },
    { title: 'STATE', align: 'left' },
    { title: 'CHILDREN', align: 'right', dropOrder: 3 },
    { title: 'CGROUP', align: 'left', minWidth: 20, dropOrder: 1 },
    { title: 'LABELS', align: 'left', minWidth: 12, dropOrder: 2 },
  ];
  const rows = [...tasks]
    .sort((a, b) => compare(a.node, b.node) || compare(a.name, b.name))
    .map((task): readonly Cell[] => [
      ...(ofSeveral ? [task.node] : []),
      task.name || task.id,
      stateCell(task.state),
      task.childCgroupPaths.length === 0 ? '-' : String(task.childCgroupPaths.length),
      task.cgroupPath,
      Object.entries(task.labels)
        .filter(([name]) => !shownElsewhere.has(name))
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ]);
  return renderTable(columns, rows, style);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The state of a task, in the colour of its meaning. */
export function stateCell(state: string): Cell {
  if (state === 'measured') return { text: state, paint: 'good' };
  if (state === 'refused' || state === 'not found') return { text: state, paint: 'bad' };
  return state;
}
