import { limits } from '../../shared/rpc/limits.ts';

/** Measurements beside the ordinary ones that can be recorded. */
export const extraMeasurements = ['rdt', 'sched', 'vmstat', 'zoneinfo'] as const;
export type ExtraMeasurement = (typeof extraMeasurements)[number];

/** Where the tasks of a recording come from. */
export const taskOrigins = ['cgroups', 'controller'] as const;
export type TaskOrigin = (typeof taskOrigins)[number];

/** One attachment of a recorder to a collector: what it asked for. */
export interface Take {
  /** When it began, Unix milliseconds. */
  readonly startedUnixMs: number;
  /** Software version of the recorder. */
  readonly software: string;
  readonly intervalMs: number;
  /** perf events as they were asked for. */
  readonly events: readonly string[];
  readonly extra: readonly ExtraMeasurement[];
  readonly tasks: TaskOrigin;
}

const maxTextBytes = 200;

/** `{"startedUnixMs":1700000000000,"software":"1.0.0","intervalMs":1000,"events":["default"],"extra":[],"tasks":"cgroups"}` */
export function encodeTake(take: Take): Buffer {
  return Buffer.from(JSON.stringify(take));
}

/** undefined for bytes that are no take. Pure. */
export function decodeTake(bytes: Buffer): Take | undefined {
  const found = parseRecord(bytes);
  if (found === undefined) return undefined;
  const { startedUnixMs, software, intervalMs, events, extra, tasks } = found;
  const origin = taskOrigins.find((known) => known === tasks);
  if (typeof startedUnixMs !== 'number' || !Number.isFinite(startedUnixMs) || startedUnixMs < 0) return undefined;
  if (typeof software !== 'string' || software.length > maxTextBytes || origin === undefined) return undefined;
  if (typeof intervalMs !== 'number' || !Number.isInteger(intervalMs)) return undefined;
  if (intervalMs < limits.minIntervalMs || intervalMs > limits.maxIntervalMs) return undefined;
  if (!isTextList(events, limits.maxEvents) || !isTextList(extra, maxTextBytes)) return undefined;
  // A newer recorder may know more of them.
  const known = extraMeasurements.filter((name) => extra.includes(name));
  return { startedUnixMs, software, intervalMs, events, extra: known, tasks: origin };
}

/** The object that JSON bytes hold; undefined for anything else. */
export function parseRecord(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(bytes);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

/** undefined for bytes that are no JSON. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined; // told by the caller with the position
  }
}

function isTextList(value: unknown, most: number): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= most &&
    value.every((item) => typeof item === 'string' && item.length <= maxTextBytes)
  );
}
