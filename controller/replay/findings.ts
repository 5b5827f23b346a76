import type { AllocationValue } from '../../shared/allocation/values.ts';
import type { WcaError } from '../../shared/errors/wca-error.ts';
import type { Anomaly } from '../model/anomaly.ts';
import type { Task } from '../model/task.ts';
import { describeValue } from './describe-value.ts';

/** A resource that tasks fought for, from the first iteration in which it was told to the last without a gap. */
export interface FoundAnomaly {
  /** The component that found it: `!PsiContentionDetector`. */
  readonly by: string;
  readonly resource: string;
  /** Names. */
  readonly contended: string;
  readonly contending: readonly string[];
  readonly firstUnixMs: number;
  readonly lastUnixMs: number;
  readonly iterations: number;
}

/** Something that would have been allocated. */
export interface FoundAllocation {
  readonly task: string;
  readonly type: string;
  /** For people, in kernel units. */
  readonly value: string;
  /** What the recorded host had; empty where that is not recorded. */
  readonly before: string;
  readonly firstUnixMs: number;
  readonly lastUnixMs: number;
  /** How often it would have been sent. */
  readonly times: number;
}

/** A trouble that was survived. */
export interface FoundError {
  readonly subject: string;
  readonly first: WcaError;
  readonly times: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Of each list; what is more is counted only. */
const maxFindings = 10_000;

/** What components said and wanted while a recording was replayed. */
export class Findings {
  /** By task id. */
  readonly tasks = new Map<string, string>();
  readonly errors = new Map<string, Mutable<FoundError>>();
  readonly notes = new Set<string>();
  readonly #anomalies: Mutable<FoundAnomaly>[] = [];
  readonly #allocations = new Map<string, Mutable<FoundAllocation>>();
  /** Anomalies of the last answer of a component, by what they are about. */
  #lasting: ReadonlyMap<string, Mutable<FoundAnomaly>> = new Map();
  #leftOut = 0;
  iterations = 0;
  mostTasks = 0;
  firstUnixMs: number | undefined;
  lastUnixMs: number | undefined;

  /** In the order in which they began. */
  get anomalies(): readonly FoundAnomaly[] {
    return this.#anomalies;
  }

  /** In the order in which they would have been sent first. */
  get allocations(): readonly FoundAllocation[] {
    return [...this.#allocations.values()];
  }

  /** Findings beyond the bound. */
  get leftOut(): number {
    return this.#leftOut;
  }

  addIteration(unixMs: number, tasks: Iterable<Task>): void {
    let count = 0;
    for (const { id, name } of tasks) {
      count += 1;
      if (this.tasks.size < maxFindings) this.tasks.set(id, name);
    }
    this.iterations += 1;
    this.mostTasks = Math.max(this.mostTasks, count);
    this.firstUnixMs ??= unixMs;
    this.lastUnixMs = unixMs;
  }

  /** What a detector or an allocator answered for an iteration, also when that is nothing. */
  addAnomalies(by: string, unixMs: number, anomalies: readonly Anomaly[]): void {
    const lasting = new Map([...this.#lasting].filter(([, found]) => found.by !== by));
    for (const { resource, contendedTaskId, contendingTaskIds } of anomalies) {
      const key = JSON.stringify([by, resource, contendedTaskId, [...contendingTaskIds].sort()]);
      const known = this.#lasting.get(key);
      if (known !== undefined) {
        known.lastUnixMs = unixMs;
        known.iterations += lasting.has(key) ? 0 : 1;
        lasting.set(key, known);
      } else if (this.#anomalies.length < maxFindings) {
        const [contended, contending] = [
          this.#nameOf(contendedTaskId),
          contendingTaskIds.map((id) => this.#nameOf(id)),
        ];
        const found = { by, resource, contended, contending, firstUnixMs: unixMs, lastUnixMs: unixMs, iterations: 1 };
        this.#anomalies.push(found);
        lasting.set(key, found);
      } else this.#leftOut += 1;
    }
    this.#lasting = lasting;
  }

  addAllocation(unixMs: number, taskId: string, { value, before }: { value: AllocationValue; before: string }): void {
    const text = describeValue(value);
    const key = JSON.stringify([taskId, value.type, text]);
    const known = this.#allocations.get(key);
    if (known !== undefined) {
      known.times += 1;
      known.lastUnixMs = unixMs;
    } else if (this.#allocations.size < maxFindings) {
      const found = { task: this.#nameOf(taskId), type: value.type, value: text, before };
      this.#allocations.set(key, { ...found, firstUnixMs: unixMs, lastUnixMs: unixMs, times: 1 });
    } else this.#leftOut += 1;
  }

  addError(key: string, error: WcaError): void {
    const known = this.errors.get(key);
    if (known !== undefined) known.times += 1;
    else if (this.errors.size < maxFindings) this.errors.set(key, { subject: key, first: error, times: 1 });
    else this.#leftOut += 1;
  }

  #nameOf(id: string): string {
    return this.tasks.get(id) ?? id;
  }
}
