import { amdEvents, amdNearest } from './amd-events.ts';
import { armEvents, armNearest } from './arm-events.ts';
import type { EventTable, NearestEvent } from './event-table.ts';
import { intelEvents } from './intel-events.ts';

/**
 * Micro-architecture (as `CpuModel.code_name`) → event → config. An event is here only where the CPU counts the very
 * quantity of the metric's help text; what is merely close is in `nearestEvents`.
 */
export const modelEvents: Readonly<Record<string, EventTable>> = { ...intelEvents, ...amdEvents, ...armEvents };

/** Micro-architecture → event that it cannot count → what comes close. */
export const nearestEvents: Readonly<Record<string, Readonly<Record<string, NearestEvent>>>> = {
  ...amdNearest,
  ...armNearest,
};
