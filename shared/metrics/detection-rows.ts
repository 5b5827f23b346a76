import type { Row } from './metric-facts.ts';

/** Metrics of anomalies; part of the catalogue. */

// biome-ignore format: one metric a line
export const anomalyRows: readonly Row[] = [
  ['anomaly', 'counter', 'numeric', 'seed', 'own', 'contended_task_id,contending_task_id,contending_workload_instance,resource,uuid,type', 'Constant 1 while a task disturbs another at a resource.'],
  ['anomaly_pressure_ratio', 'gauge', 'ratio', 'wca', 'own', 'contended_task_id,resource,uuid,type', 'Evidence of PsiContentionDetector: share of the interval in which the task waited for the resource.'],
  ['anomaly_net_pressure_ratio', 'gauge', 'ratio', 'wca', 'own', 'contended_task_id,resource,uuid,type', 'Evidence: the same without the time in which its own quota stopped the task.'],
  ['anomaly_throttled_ratio', 'gauge', 'ratio', 'wca', 'own', 'contended_task_id,resource,uuid,type', 'Evidence: share of the interval in which its own CPU quota stopped the task.'],
  ['anomaly_steal_ratio', 'gauge', 'ratio', 'wca', 'own', 'contended_task_id,resource,uuid,type', 'Evidence: share of the CPUs that the hypervisor gave to others.'],
  ['anomaly_host_busy_ratio', 'gauge', 'ratio', 'wca', 'own', 'contended_task_id,resource,uuid,type', 'Evidence: share of the CPUs in use.'],
  ['anomaly_host_memory_ratio', 'gauge', 'ratio', 'wca', 'own', 'contended_task_id,resource,uuid,type', 'Evidence: share of the memory in use, but for caches.'],
  ['anomaly_use', 'gauge', 'numeric', 'wca', 'own', 'contended_task_id,used_by,resource,uuid,type', 'Evidence: how much of the resource the task in the label used_by uses: CPUs; bytes a second of faulted pages (memory); bytes a second of pages that had to be read (io).'],
];

// biome-ignore format: one metric a line
export const detectionRows: readonly Row[] = [
  ['anomaly_count', 'counter', 'numeric', 'seed', 'sum', '', 'Anomalies found so far, added over the iterations.'],
  ['anomaly_last_occurrence', 'counter', 'timestamp', 'seed', 'max', '', 'Unix time (seconds) of the last iteration with an anomaly; absent before the first.'],
  ['wca_detection_errors', 'counter', 'numeric', 'wca', 'sum', '', 'Iterations in which the detector failed: it threw, took too long or answered nonsense.'],
  ['psi_detector_tasks', 'gauge', 'numeric', 'wca', 'sum', 'resource,verdict', 'Tasks by what PsiContentionDetector thinks of their pressure: calm, self, hypervisor, neighbour, peers, unattributed, unknown.'],
];
