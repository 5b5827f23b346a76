/**
 * How much CPU best-effort tasks may have. Numbers in, numbers out: no clock, no files, no state, so that every case can
 * be tested. All amounts are CPUs.
 */

/** A change of less than this part of the host is none. */
const deadBand = 0.01;
/** A rise of one round, as a part of the host. */
const rise = 0.1;
/** Rounds in which more would be possible before the first rise. */
const cleanRounds = 3;

/**
 * What the target leaves over for best-effort tasks; can be negative.
 *
 * @param {{ capacity: number, latencyCritical: number, system: number }} usage `system`: what belongs to no task
 * @param {{ target: number, reserved: number }} options `target`: part of the host, 0..1
 */
export function budgetOf({ capacity, latencyCritical, system }, { target, reserved }) {
  const margin = Math.max(0.5, 0.05 * capacity);
  return capacity * target - latencyCritical - Math.max(system, reserved) - margin;
}

/**
 * @typedef {object} Limit
 * @property {number} cpus What best-effort tasks have together
 * @property {number} clean Rounds in a row in which they could have had more
 */

/**
 * The limit of the next round: down at once, up slowly. Never below `floor`: a task without any CPU time may hold a lock
 * that others wait for.
 *
 * @param {Limit | undefined} limit undefined: the first round
 * @param {number} budget
 * @param {{ capacity: number, floor: number }} options
 * @returns {Limit}
 */
export function nextLimit(limit, budget, { capacity, floor }) {
  const wanted = Math.min(capacity, Math.max(floor, budget));
  if (limit === undefined) return { cpus: wanted, clean: 0 };
  const change = wanted - limit.cpus;
  if (Math.abs(change) < deadBand * capacity) return { cpus: limit.cpus, clean: 0 };
  if (change < 0) return { cpus: wanted, clean: 0 };
  const clean = limit.clean + 1;
  return { cpus: clean < cleanRounds ? limit.cpus : Math.min(wanted, limit.cpus + rise * capacity), clean };
}

/**
 * The limit divided by weight.
 *
 * @param {number} cpus
 * @param {ReadonlyMap<string, number>} weights By task; not all 0
 * @returns {Map<string, number>}
 */
export function divide(cpus, weights) {
  let total = 0;
  for (const weight of weights.values()) total += weight;
  return new Map([...weights].map(([task, weight]) => [task, (cpus * weight) / total]));
}
