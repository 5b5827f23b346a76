import { taskLabelRegexGenerator } from '../labels/regex-generator.ts';
import { taskLabelResourceGenerator } from '../labels/resource-generator.ts';
import { cgroupNode } from '../nodes/cgroup-node.ts';
import { staticNode } from '../nodes/static-node.ts';
import { measurementRunner } from '../runners/measurement-component.ts';
import { filterStorage } from '../storages/filter-storage.ts';
import { logStorage } from '../storages/log-storage.ts';
import { prometheusStorage } from '../storages/prometheus-storage.ts';
import type { ComponentDefinition } from './component.ts';

/** The components that come with WCA, in the order of the reference. */
export function builtinComponents(): readonly ComponentDefinition[] {
  return [
    measurementRunner,
    staticNode,
    cgroupNode,
    logStorage,
    filterStorage,
    prometheusStorage,
    taskLabelRegexGenerator,
    taskLabelResourceGenerator,
  ];
}
