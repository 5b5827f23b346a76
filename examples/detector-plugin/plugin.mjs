import { contendedResources, definePlugin, float, withDefault } from 'wca/plugin';

/** @typedef {import('wca/plugin').TasksData} TasksData */
/** @typedef {import('wca/plugin').DetectionResult} DetectionResult */

/** Names the task that holds most of the cache where another has less than its share: needs RDT monitoring. */
export class CacheHogDetector {
  #share;

  /** @param {number} share part of the occupied cache */
  constructor(share) {
    this.#share = share;
  }

  /**
   * @param {unknown} _platform
   * @param {TasksData} tasks
   * @returns {DetectionResult}
   */
  detect(_platform, tasks) {
    /** @type {[string, number][]} */
    const held = [];
    for (const [id, { measurements }] of tasks) {
      const bytes = measurements.number('task_llc_occupancy_bytes');
      if (bytes !== undefined) held.push([id, bytes]);
    }
    const total = held.reduce((sum, [, bytes]) => sum + bytes, 0);
    const [hog] = [...held].sort(([, a], [, b]) => b - a);
    if (hog === undefined || held.length < 2 || hog[1] < this.#share * total) return { anomalies: [] };
    const fair = total / held.length;
    return {
      anomalies: held
        .filter(([id, bytes]) => id !== hog[0] && bytes < fair / 2)
        .map(([id, bytes]) => ({
          kind: 'contention',
          resource: contendedResources.LLC,
          contendedTaskId: id,
          contendingTaskIds: [hog[0]],
          metrics: [
            { name: 'cache_held_ratio', value: bytes / total, type: 'gauge', labels: { contended_task_id: id } },
          ],
        })),
    };
  }
}

/** What `--register` loads. */
export const plugin = definePlugin({
  apiVersion: 1,
  tag: 'CacheHogDetector',
  kind: 'detector',
  doc: 'Names the task that holds most of the cache.',
  parameters: { share: withDefault(float({ min: 0.1, max: 1 }), 0.7, { doc: 'Part of the occupied cache.' }) },
  example: '!CacheHogDetector {share: 0.8}',
  create: ({ share }) => new CacheHogDetector(share),
});
