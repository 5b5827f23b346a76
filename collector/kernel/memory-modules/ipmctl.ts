/** A persistent memory module as ipmctl shows it. */
export interface NvdimmModule {
  /** `0x0001`. */
  readonly id: string;
  readonly socket: number | undefined;
  readonly capacityBytes: number | undefined;
  readonly powerWatts: number | undefined;
}

/** ipmctl writes the unit that it was asked for, B, and has others when it was not. */
const units: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

/**
 * Persistent memory used as volatile memory, from `ipmctl show -u B -memoryresources`. Older versions print
 * `MemoryCapacity=541165879296 B`; newer ones a table, where it is the column of the modules in the row `Volatile`:
 *
 *      MemoryType   | DDR            | PMemModule     | Total
 *     ==========================================================
 *      Volatile     | 203474075648 B | 541165879296 B | 744639954944 B
 *
 * 0 when neither is there; undefined when it is not a number of bytes.
 */
export function parseMemoryModeBytes(text: string): number | undefined {
  const lines = text.split('\n');
  const [last] = lines.filter((line) => line.includes('MemoryCapacity')).slice(-1);
  if (last !== undefined) return parseBytes(last.slice(last.indexOf('=') + 1));
  const cells = (line: string) => line.split('|').map((cell) => cell.trim());
  const names = lines.map(cells).find(([first]) => first === 'MemoryType') ?? [];
  const row = lines.map(cells).find(([first]) => first === 'Volatile');
  const column = names.findIndex((name, i) => i > 0 && name !== 'DDR' && name !== 'Total');
  if (row === undefined || column < 0) return 0;
  return row[column] === '-' ? 0 : parseBytes(row[column] ?? '');
}

/**
 * Modules, from `ipmctl show -u B -d AvgPowerBudget,Capacity,SocketID -dimm`:
 *
 *     ---DimmID=0x0001---
 *        Capacity=133143986176 B
 *        SocketID=0x0000
 *        AvgPowerBudget=15000 mW
 */
export function parseNvdimms(text: string): readonly NvdimmModule[] {
  return parseBlocks(text, 'DimmID').map(({ id, fields }) => ({
    id,
    socket: parseHex(fields.get('SocketID')),
    capacityBytes: parseBytes(fields.get('Capacity') ?? ''),
    powerWatts: parseMilliwatts(fields.get('AvgPowerBudget') ?? fields.get('AvgPowerLimit')),
  }));
}

/**
 * Ids of the modules that are in regions of persistent memory, from `ipmctl show -a -u B -region`, each once:
 *
 *     ---ISetID=0x2c7f8888b2d38888---
 *        SocketID=0x0000
 *        Capacity=270582939648 B
 *        DimmID=0x0001, 0x0011
 */
export function parseRegionModules(text: string): ReadonlySet<string> {
  return new Set(
    parseBlocks(text, 'ISetID').flatMap(({ fields }) => (fields.get('DimmID') ?? '').match(/0x[0-9a-f]{1,8}/gi) ?? []),
  );
}

interface Block {
  readonly id: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** `---<name>=<id>---` and the `key=value` lines up to the next such line. */
function parseBlocks(text: string, name: string): readonly Block[] {
  const blocks: { readonly id: string; readonly fields: Map<string, string> }[] = [];
  for (const line of text.split('\n')) {
    const [, key, id] = /^\s*---\s*(\w+)=(0x[0-9a-f]{1,16})\s*---/i.exec(line) ?? [];
    if (key === name && id !== undefined) blocks.push({ id, fields: new Map() });
    const cut = line.indexOf('=');
    if (key === undefined && cut > 0) blocks.at(-1)?.fields.set(line.slice(0, cut).trim(), line.slice(cut + 1).trim());
  }
  return blocks;
}

/** `133143986176 B`, `126.4 GiB`, a bare number; undefined for `N/A`. */
function parseBytes(text: string): number | undefined {
  const [, number, unit = 'B'] = /^\s*(\d{1,17}(?:\.\d{1,6})?)(?:\s*([KMGT]?i?B))?\s*$/.exec(text) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (number === undefined || factor === undefined) return undefined;
  const bytes = Math.round(Number(number) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function parseMilliwatts(text: string | undefined): number | undefined {
  const number = /^(\d{1,9})(?: mW)?$/.exec(text ?? '')?.[1];
  return number === undefined ? undefined : Number(number) / 1000;
}

function parseHex(text: string | undefined): number | undefined {
  return /^0x[0-9a-f]{1,8}$/i.test(text ?? '') ? Number(text) : undefined;
}
