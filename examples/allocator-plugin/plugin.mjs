import { definePlugin, float, map, required, str, withDefault } from 'wca/plugin';
import { budgetOf, divide, nextLimit } from './suppress.mjs';
import { UsageMeter } from './usage.mjs';

/**
 * @typedef {import('wca/plugin').AllocationResult} AllocationResult
 * @typedef {import('wca/plugin').Allocator} Allocator
 * @typedef {import('wca/plugin').Metric} Metric
 * @typedef {import('wca/plugin').Platform} Platform
 * @typedef {import('wca/plugin').TaskAllocations} TaskAllocations
 * @typedef {import('wca/plugin').TaskData} TaskData
 * @typedef {import('wca/plugin').TasksData} TasksData
 */

/**
 * @typedef {object} Options
 * @property {ReadonlyMap<string, string>} bestEffort Labels of best-effort tasks
 * @property {string} weightLabel
 * @property {number} target
 * @property {number} reserved CPUs
 * @property {number} floor CPUs
 */

/** After so long without knowing what the host does, best-effort tasks get the floor. */
const blindSeconds = 60;

/**
 * Keeps the host below a target so that latency-critical tasks find free CPUs: best-effort tasks share what is left.
 *
 * @implements {Allocator}
 */
export class BestEffortSuppressor {
  /** @type {Options} */
  #options;
  #meter = new UsageMeter();
  /** @type {import('./suppress.mjs').Limit | undefined} */
  #limit;
  /**
   * When it was last known what the host does, Unix seconds.
   * @type {number | undefined}
   */
  #knownAt;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * @param {Platform} platform
   * @param {TasksData} tasks
   * @returns {AllocationResult}
   */
  allocate(platform, tasks) {
    const bestEffort = new Map([...tasks].filter(([, task]) => this.#isBestEffort(task)));
    const budget = this.#budget(platform, tasks, bestEffort);
    if (budget === undefined) return { allocations: new Map() };
    this.#limit = nextLimit(this.#limit, budget, { capacity: platform.cpus, floor: this.#options.floor });
    return {
      allocations: this.#allocations(platform, bestEffort, this.#limit.cpus),
      metrics: [
        gauge('best_effort_budget_cpus', budget, 'CPUs that the target leaves to best-effort tasks.'),
        gauge('best_effort_limit_cpus', this.#limit.cpus, 'CPUs that best-effort tasks get together.'),
      ],
    };
  }

  /**
   * undefined: not known, everything stays.
   *
   * @param {Platform} platform
   * @param {TasksData} tasks
   * @param {TasksData} bestEffort
   */
  #budget(platform, tasks, bestEffort) {
    const { host, tasks: usage } = this.#meter.measure(platform, tasks);
    this.#knownAt ??= platform.timestamp;
    if (host === undefined) return platform.timestamp - this.#knownAt > blindSeconds ? 0 : undefined;
    this.#knownAt = platform.timestamp;
    let known = 0;
    for (const cpus of usage.values()) known += cpus;
    let latencyCritical = 0;
    for (const [id, { resources }] of tasks) {
      // What a task uses that is not known is in `system`; what it was promised is kept free for it.
      if (!bestEffort.has(id)) latencyCritical += usage.get(id) ?? numberOr(resources['cpus'], 0);
    }
    return budgetOf({ capacity: platform.cpus, latencyCritical, system: Math.max(0, host - known) }, this.#options);
  }

  /**
   * @param {Platform} platform
   * @param {TasksData} bestEffort
   * @param {number} cpus
   */
  #allocations(platform, bestEffort, cpus) {
    /** @type {Map<string, number>} */
    const weights = new Map();
    for (const [id, task] of bestEffort) weights.set(id, this.#weightOf(task));
    // Best-effort tasks run only when no other task wants the CPU, where the kernel can do that.
    const idle = platform.capabilities.has('allocation.cpu_idle');
    /** @type {Map<string, TaskAllocations>} */
    const allocations = new Map();
    for (const [id, own] of divide(cpus, weights)) {
      const cpu_quota = Math.min(1, own / platform.cpus);
      allocations.set(id, idle ? { cpu_idle: 1, cpu_quota } : { cpu_quota });
    }
    return allocations;
  }

  /** @param {TaskData} task */
  #isBestEffort({ labels }) {
    return [...this.#options.bestEffort].every(([label, value]) => labels[label] === value);
  }

  /** @param {TaskData} task */
  #weightOf({ labels }) {
    const weight = numberOr(labels[this.#options.weightLabel], 1);
    return weight > 0 ? weight : 1;
  }
}

/**
 * @param {number | string | undefined} value
 * @param {number} otherwise
 */
function numberOr(value, otherwise) {
  const number = Number(value ?? Number.NaN);
  return Number.isFinite(number) ? number : otherwise;
}

/**
 * @param {string} name
 * @param {number} value
 * @param {string} help
 * @returns {Metric}
 */
function gauge(name, value, help) {
  return { name, value, labels: {}, type: 'gauge', help };
}

/** What `--register` loads. */
export const plugin = definePlugin({
  apiVersion: 1,
  tag: 'BestEffortSuppressor',
  kind: 'allocator',
  doc: 'Limits best-effort tasks to what a target of the host leaves over.',
  parameters: {
    best_effort: required(map(str()), { doc: 'Labels that make a task a best-effort one; all must be equal.' }),
    weight_label: withDefault(str(), 'weight', {
      doc: 'The label by which the limit is divided; 1 where it is absent.',
    }),
    target: withDefault(float({ min: 0, max: 1 }), 0.65, { doc: 'Part of the host that may be in use.' }),
    reserved: withDefault(float({ min: 0 }), 0, { doc: 'CPUs kept for what belongs to no task, at least.' }),
    floor: withDefault(float({ min: 0.01 }), 0.1, { doc: 'CPUs that best-effort tasks always have.' }),
  },
  example: '!BestEffortSuppressor {best_effort: {class: best-effort}, target: 0.7}',
  create: (args) =>
    new BestEffortSuppressor({
      bestEffort: args.best_effort,
      weightLabel: args.weight_label,
      target: args.target,
      reserved: args.reserved,
      floor: args.floor,
    }),
});
