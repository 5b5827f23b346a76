/** Ticks of /proc/stat in a second; USER_HZ of every Linux. */
const ticksPerSecond = 100;

/**
 * @typedef {object} Usage CPUs in use since the iteration before
 * @property {number | undefined} host undefined: not known
 * @property {ReadonlyMap<string, number>} tasks Those of which it is known
 */

/** Makes CPUs in use of the counters of two iterations. */
export class UsageMeter {
  /** @type {{ timestamp: number, host: number | undefined, tasks: Map<string, number> } | undefined} */
  #before;

  /**
   * @param {import('wca/plugin').Platform} platform
   * @param {import('wca/plugin').TasksData} tasks
   * @returns {Usage}
   */
  measure(platform, tasks) {
    const now = { timestamp: platform.timestamp, host: hostSeconds(platform), tasks: taskSeconds(tasks) };
    const before = this.#before;
    this.#before = now;
    const seconds = before === undefined ? 0 : now.timestamp - before.timestamp;
    if (before === undefined || seconds <= 0) return { host: undefined, tasks: new Map() };
    /** @type {Map<string, number>} */
    const usage = new Map();
    for (const [task, value] of now.tasks) {
      const cpus = rate(before.tasks.get(task), value, seconds);
      if (cpus !== undefined) usage.set(task, cpus);
    }
    return { host: rate(before.host, now.host, seconds), tasks: usage };
  }
}

/**
 * A counter that is missing or runs backwards (a CPU went offline, a task was made anew) tells nothing.
 *
 * @param {number | undefined} before
 * @param {number | undefined} now
 * @param {number} seconds
 */
function rate(before, now, seconds) {
  return before === undefined || now === undefined || now < before ? undefined : (now - before) / seconds;
}

/** @param {import('wca/plugin').Platform} platform */
function hostSeconds(platform) {
  const ticks = platform.measurements.byLevel('platform_cpu_usage', 'cpu');
  let total = 0;
  for (const value of ticks.values()) total += value;
  return ticks.size === 0 ? undefined : total / ticksPerSecond;
}

/** @param {import('wca/plugin').TasksData} tasks */
function taskSeconds(tasks) {
  /** @type {Map<string, number>} */
  const seconds = new Map();
  for (const [id, task] of tasks) {
    const value = task.measurements.number('task_cpu_usage_seconds');
    if (value !== undefined) seconds.set(id, value);
  }
  return seconds;
}
