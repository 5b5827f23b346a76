import type { Allocator } from '../allocators/allocator.ts';
import type { AnomalyDetector } from '../detectors/detector.ts';
import type { TaskLabelGenerator } from '../labels/label-generator.ts';
import type { Node } from '../nodes/node.ts';
import type { Runner } from '../runners/runner.ts';
import type { Storage } from '../storages/storage.ts';

/** What an instance of each kind of component is. A new kind is added here and in the registry. */
export interface ComponentKinds {
  readonly runner: Runner;
  readonly node: Node;
  readonly storage: Storage;
  readonly labels: TaskLabelGenerator;
  readonly allocator: Allocator;
  readonly detector: AnomalyDetector;
}

export type ComponentKind = keyof ComponentKinds;

/** Names for people. */
export const kindNames: Readonly<Record<ComponentKind | 'config', string>> = {
  runner: 'a runner',
  node: 'a node',
  storage: 'a storage',
  labels: 'a task label generator',
  allocator: 'an allocator',
  detector: 'an anomaly detector',
  config: 'a settings object',
};
