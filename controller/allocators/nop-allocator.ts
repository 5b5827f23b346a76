import { defineComponent } from '../config/component.ts';
import type { AllocationResult } from '../model/allocation.ts';
import type { Allocator } from './allocator.ts';

/** Leaves everything as it is (spec allocation §1.1). */
export class NOPAllocator implements Allocator {
  allocate(): AllocationResult {
    return { allocations: new Map() };
  }
}

/** `!NOPAllocator`. */
export const nopAllocator = defineComponent({
  tag: 'NOPAllocator',
  kind: 'allocator',
  since: 'seed',
  doc: 'Changes nothing: what tasks have now is measured and exported, and left as it is.',
  parameters: {},
  example: '!NOPAllocator',
  create: () => new NOPAllocator(),
});
