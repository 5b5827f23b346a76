import assert from 'node:assert/strict';
import type { Allocator } from '../../controller/allocators/allocator.ts';
import { numaAllocator } from '../../controller/allocators/numa/component.ts';
import type { AllocationResult } from '../../controller/model/allocation.ts';
import type { Platform } from '../../controller/model/platform.ts';
import { createComponent, type FakeTask, fakePlatform, fakeTasks } from '../../controller/plugin-kit.ts';

export const giga = 1e9;
export const nodeBytes = 96 * giga;

/** Nodes with ten CPUs each: 0–9, 10–19, … */
export function cpusOfNode(node: number): readonly number[] {
  return Array.from({ length: 10 }, (_, index) => node * 10 + index);
}

/** A platform by the free bytes of its nodes of 96 GB. */
export function numaPlatform(freeBytes: readonly number[]): Platform {
  const used = freeBytes.map((bytes) => nodeBytes - bytes);
  return fakePlatform({
    nodeCpus: new Map(freeBytes.map((_, node) => [node, cpusOfNode(node)])),
    measurements: {
      platform_mem_numa_free_bytes: { numa_node: { ...freeBytes } },
      platform_mem_numa_used_bytes: { numa_node: { ...used } },
    },
  });
}

export interface NumaTask {
  readonly id: string;
  readonly memBytes?: number;
  /** GB by node; spec §7.10: pages = floor(GB·10^9 / 4096). */
  readonly gigas: readonly number[];
  readonly cpus: readonly number[];
  readonly measurements?: FakeTask['measurements'];
}

export function pagesOf(gigas: number): number {
  return Math.floor((gigas * giga) / 4096);
}

export function numaTask({ id, memBytes, gigas, cpus, measurements }: NumaTask): FakeTask {
  return {
    id,
    resources: memBytes === undefined ? {} : { mem: memBytes },
    allocations: { cpuset_cpus: cpus },
    measurements: { task_mem_numa_pages: { numa_node: { ...gigas.map(pagesOf) } }, ...measurements },
  };
}

export function makeNuma(parameters = ''): Allocator {
  return createComponent(numaAllocator, parameters);
}

/** The answer of an allocator that answers at once. */
export function ask(allocator: Allocator, platform: Platform, tasks: readonly FakeTask[]): AllocationResult {
  const result = allocator.allocate(platform, fakeTasks(...tasks), new AbortController().signal);
  assert.ok(!(result instanceof Promise));
  return result;
}

/** `numa__task_pages_to_move` by task. */
export function movedPages({ metrics = [] }: AllocationResult): Readonly<Record<string, number>> {
  const moved = metrics.filter(({ name }) => name === 'numa__task_pages_to_move');
  return Object.fromEntries(moved.map(({ labels, value }) => [labels['task_id'], Number(value)]));
}
