/** How long the profiled steps took: the last time and on average since start (spec measurements §8.2). */
export class Durations {
  readonly #steps = new Map<string, { last: number; total: number; count: number }>();

  record(name: string, seconds: number): void {
    const step = this.#steps.get(name) ?? { last: 0, total: 0, count: 0 };
    step.last = seconds;
    step.total += seconds;
    step.count += 1;
    this.#steps.set(name, step);
  }

  /** Ascending by name. */
  list(): readonly { readonly name: string; readonly last: number; readonly average: number }[] {
    return [...this.#steps]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { last, total, count }]) => ({ name, last, average: total / count }));
  }
}
