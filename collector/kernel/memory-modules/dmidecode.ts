import { chooseKind, type MemoryModule } from './module.ts';

/** dmidecode counts in powers of 1024 and writes GB (dmidecode.c, dmi_print_memory_size). */
const units: Readonly<Record<string, number>> = {
  bytes: 1,
  B: 1,
  kB: 2 ** 10,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
  PB: 2 ** 50,
};

/**
 * The populated slots in what `dmidecode --quiet -t memory` prints; undefined when it has no memory device at all:
 *
 *     Memory Device
 *     	Size: 32 GB
 *     	Type: DDR4
 *     	Type Detail: Synchronous Registered (Buffered)
 *     	Speed: 2933 MT/s
 */
export function parseDmidecode(text: string): readonly MemoryModule[] | undefined {
  const devices: Map<string, string>[] = [];
  let device: Map<string, string> | undefined;
  for (const line of text.split('\n')) {
    if (!/^\s+\S/.test(line)) {
      device = line.trim() === 'Memory Device' ? new Map() : undefined;
      if (device !== undefined) devices.push(device);
      continue;
    }
    const cut = line.indexOf(':');
    const key = line.slice(0, cut).trim();
    if (cut > 0 && device?.has(key) === false) device.set(key, line.slice(cut + 1).trim());
  }
  return devices.length === 0 ? undefined : devices.flatMap((fields) => parseDevice(fields) ?? []);
}

function parseDevice(fields: ReadonlyMap<string, string>): MemoryModule | undefined {
  const field = (name: string) => fields.get(name) ?? '';
  const size = field('Size');
  if (size === '' || size === 'No Module Installed' || /^0 \w+$/.test(size)) return undefined;
  const kind = chooseKind({
    type: field('Type'),
    technology: field('Memory Technology'),
    detail: field('Type Detail'),
  });
  if (kind === undefined) return undefined;
  const volatileSize = field('Volatile Size');
  return {
    kind,
    sizeBytes: parseBinarySize(size),
    // Older versions say MHz and mean the same.
    speedMts: parsePositive(/^(\d{1,9}) (?:MT\/s|MHz)\b/.exec(field('Speed'))?.[1]),
    volatileBytes: volatileSize === 'None' ? 0 : parseBinarySize(volatileSize),
  };
}

/** `32 GB`, `129408 MB`; undefined for `Unknown` and units nobody knows. */
function parseBinarySize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,15}) (\w+)$/.exec(text) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (number === undefined || factor === undefined) return undefined;
  const bytes = Number(number) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function parsePositive(digits: string | undefined): number | undefined {
  const value = Number(digits ?? 0);
  return value > 0 ? value : undefined;
}
