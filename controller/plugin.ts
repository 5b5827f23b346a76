import { WcaError } from '../shared/errors/wca-error.ts';
import { type Declaration, type Definition, defineComponent, type Parameters } from './config/component.ts';
import { type ComponentKind, type ComponentKinds, kindNames } from './config/kinds.ts';

/**
 * What a plugin imports, as `wca/plugin`: the types of what it is given and what it answers, `definePlugin`, and the
 * vocabulary of parameters. Nothing is taken away or changed within an `apiVersion`. docs/plugins.md tells how.
 */

/** The interface of this version. */
export const pluginApiVersion = 1;

export interface PluginDeclaration<K extends ComponentKind, P extends Parameters>
  extends Omit<Declaration<K, P, ComponentKinds[K]>, 'since'> {
  /** The interface that the plugin was written for. */
  readonly apiVersion: 1;
}

/** A component of a plugin: what the module exports as `plugin`, alone or in a list. */
export type Plugin<K extends ComponentKind = ComponentKind> = Definition<K, ComponentKinds[K]> & {
  readonly apiVersion: 1;
};

/**
 * Declares a component that a configuration names as `!tag`. Throws INVALID_CONFIG for a declaration that is none; the
 * types tell the same before.
 */
export function definePlugin<K extends ComponentKind, P extends Parameters>(
  declaration: PluginDeclaration<K, P>,
): Plugin<K> {
  checkDeclaration(declaration);
  const { apiVersion, ...rest } = declaration;
  return { ...defineComponent({ ...rest, since: 'wca' }), apiVersion };
}

/** Plugins in JavaScript have no compiler. */
function checkDeclaration(declaration: object): void {
  const { apiVersion, tag, kind, doc, parameters, create }: Readonly<Record<string, unknown>> = { ...declaration };
  const wrong = (message: string): WcaError =>
    new WcaError('INVALID_CONFIG', { subject: `definePlugin ${String(tag)}`, message, remedy: 'see docs/plugins.md' });
  if (apiVersion !== pluginApiVersion) throw wrong(`apiVersion is ${String(apiVersion)}, not ${pluginApiVersion}`);
  if (typeof tag !== 'string' || !/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(tag) || tag === 'Env') {
    throw wrong('tag must be a name, without !');
  }
  const kinds = Object.keys(kindNames).filter((name) => name !== 'config');
  if (typeof kind !== 'string' || !kinds.includes(kind)) throw wrong(`kind must be one of ${kinds.join(', ')}`);
  if (typeof doc !== 'string') throw wrong('doc must be a text');
  if (typeof parameters !== 'object' || parameters === null) throw wrong('parameters must be an object, {} for none');
  if (typeof create !== 'function') throw wrong('create must be a function');
}

export { WcaError } from '../shared/errors/wca-error.ts';
export { formatIdList, parseIdList } from '../shared/kernel-text/list-format.ts';
export type { Allocator } from './allocators/allocator.ts';
export type { ComponentContext } from './config/context.ts';
export { optional, type Parameter, required, withDefault } from './config/parameters.ts';
export {
  bool,
  component,
  float,
  int,
  ipPort,
  list,
  map,
  nullable,
  numeric,
  oneOf,
  path,
  str,
  union,
  url,
} from './config/types.ts';
export type { AnomalyDetector, DetectionResult } from './detectors/detector.ts';
export type { TaskLabelGenerator } from './labels/label-generator.ts';
export type {
  AllocationResult,
  AllocationType,
  RdtAllocation,
  TaskAllocations,
  TaskId,
  TasksAllocations,
} from './model/allocation.ts';
export { type Anomaly, type ContendedResource, type ContentionAnomaly, contendedResources } from './model/anomaly.ts';
export type { CurrentTaskAllocations } from './model/current-allocations.ts';
export type { LevelValue, Measurements } from './model/measurements.ts';
export type { Labels, Metric } from './model/metric.ts';
export type { MetricBatch } from './model/metric-batch.ts';
export type { Platform, RdtBandwidthControl, RdtCacheControl, RdtInformation } from './model/platform.ts';
export type { Task } from './model/task.ts';
export type { TaskData, TasksData } from './model/task-data.ts';
export type { Node } from './nodes/node.ts';
export type { Storage } from './storages/storage.ts';
