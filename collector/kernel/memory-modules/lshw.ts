import { chooseKind, type MemoryModule } from './module.ts';

/**
 * The populated slots in what `lshw -class memory -json` prints; undefined when it is no JSON or has no memory. Newer
 * versions print an array, older ones objects with commas between or behind them: `{...},`. A slot is
 *
 *     {"id": "bank:0", "class": "memory", "description": "DIMM DDR4 Synchronous 2933 MHz (0.3 ns)",
 *      "units": "bytes", "size": 34359738368, "width": 64, "clock": 2933000000}
 *
 * below the object with the id `memory` (`memory:0`, `memory:1` where there are several).
 */
export function parseLshw(text: string): readonly MemoryModule[] | undefined {
  const objects = parseObjects(text);
  if (objects === undefined) return undefined;
  const slots = objects
    .filter((object) => /^memory(:\d+)?$/.test(textOf(object, 'id')))
    .flatMap((object) => arrayOf(propertyOf(object, 'children')));
  return slots.length === 0 ? undefined : slots.flatMap((slot) => parseSlot(slot) ?? []);
}

function parseObjects(text: string): readonly unknown[] | undefined {
  const list = text.trim().replace(/,$/, '');
  for (const json of [list, `[${list}]`]) {
    try {
      const parsed: unknown = JSON.parse(json);
      return Array.isArray(parsed) ? parsed : [parsed];
    } catch {
      // The other form, or none.
    }
  }
  return undefined;
}

function parseSlot(slot: unknown): MemoryModule | undefined {
  const description = textOf(slot, 'description');
  const size = propertyOf(slot, 'size');
  // An empty slot says so, and has no size.
  if (description.includes('[empty]') || typeof size !== 'number' || size <= 0) return undefined;
  // The description has the form, the type and its details one after the other.
  const type = /\b(?:VRAM|SRAM|ROM|Flash|EEPROM|FEPROM|EPROM|CDRAM|3DRAM|SGRAM)\b/.exec(description)?.[0] ?? '';
  const kind = chooseKind({ type, technology: '', detail: description });
  if (kind === undefined) return undefined;
  const clockHz = propertyOf(slot, 'clock');
  const isBytes = textOf(slot, 'units') === 'bytes' && Number.isSafeInteger(size);
  return {
    kind,
    sizeBytes: isBytes ? size : undefined,
    speedMts: typeof clockHz === 'number' && clockHz >= 1e6 ? Math.round(clockHz / 1e6) : undefined,
    volatileBytes: undefined,
  };
}

function propertyOf(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null) return undefined;
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}

function textOf(object: unknown, key: string): string {
  const value = propertyOf(object, key);
  return typeof value === 'string' ? value : '';
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
