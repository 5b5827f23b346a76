import type { TaskAllocations, TaskId, TasksAllocations } from '../../model/allocation.ts';
import type { TaskData, TasksData } from '../../model/task-data.ts';
import type { LabelMatch } from './match.ts';

/** Whom a rule is about. */
export type RuleSubject =
  | { readonly kind: 'all' }
  | { readonly kind: 'task'; readonly id: TaskId }
  | { readonly kind: 'labels'; readonly match: LabelMatch };

/** One rule of a StaticAllocator (spec allocation §6.1). */
export interface StaticRule {
  /** For people. */
  readonly name: string | undefined;
  readonly subject: RuleSubject;
  /** Empty: the rule has no effect. */
  readonly allocations: TaskAllocations;
}

export interface Planned {
  readonly allocations: TasksAllocations;
  /** Rules whose labels could not be compared within the bounds, with the reason; they matched nothing there. */
  readonly failures: readonly MatchFailure[];
}

export interface MatchFailure {
  readonly rule: string;
  readonly task: TaskId;
  readonly reason: string;
}

/**
 * What the rules give to the tasks: in order, each merged into what a task has so far by allocation type, rdt as a whole.
 * A task that does not exist is passed over (W17).
 */
export function planAllocations(rules: readonly StaticRule[], tasks: TasksData): Planned {
  const planned = new Map<TaskId, TaskAllocations>();
  const failures: MatchFailure[] = [];
  for (const [index, rule] of rules.entries()) {
    if (Object.keys(rule.allocations).length === 0) continue;
    const fail = (task: TaskId, reason: string): void => {
      failures.push({ rule: rule.name ?? `${index + 1}`, task, reason });
    };
    for (const task of subjects(rule.subject, tasks, fail)) {
      const before = planned.get(task.id);
      planned.set(task.id, before === undefined ? rule.allocations : { ...before, ...rule.allocations });
    }
  }
  return { allocations: planned, failures };
}

function subjects(
  subject: RuleSubject,
  tasks: TasksData,
  fail: (task: TaskId, reason: string) => void,
): readonly TaskData[] {
  switch (subject.kind) {
    case 'all':
      return [...tasks.values()];
    case 'task': {
      const task = tasks.get(subject.id);
      return task === undefined ? [] : [task];
    }
    case 'labels':
      return [...tasks.values()].filter((task) => {
        const matched = subject.match.test(task.labels);
        if (typeof matched === 'boolean') return matched;
        fail(task.id, matched.tooLong);
        return false;
      });
  }
}
