import type { Row } from './metric-facts.ts';

/** Metrics of WCA itself about its storages; part of the catalogue. */

// biome-ignore format: one metric a line
export const storageRows: readonly Row[] = [
  ['wca_batches_failed', 'counter', 'numeric', 'wca', 'sum', 'storage', 'Batches of metrics a storage refused, or took and gave up.'],
  ['wca_batches_waiting', 'gauge', 'numeric', 'wca', 'sum', 'storage', 'Batches of metrics that wait in the buffer of a storage.'],
];
