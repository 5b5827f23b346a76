import { chooseKind, type MemoryModule } from './module.ts';

/** Structure types; DMTF DSP0134 (System Management BIOS), 3.x. */
const memoryDevice = 17;
const endOfTable = 127;
/** Type, length, handle. */
const headerBytes = 4;

/** Fields of a memory device (§7.18): offsets from its beginning. Which there are is told by its length. */
const sizeAt = 0x0c;
const typeAt = 0x12;
const detailAt = 0x13;
const speedAt = 0x15;
const extendedSizeAt = 0x1c;
const technologyAt = 0x28;
const volatileSizeAt = 0x3c;
const extendedSpeedAt = 0x54;

/** Names of the values that decide what a device is; all others are volatile memory. */
const types: Readonly<Record<number, string>> = {
  5: 'VRAM',
  6: 'SRAM',
  8: 'ROM',
  9: 'Flash',
  10: 'EEPROM',
  11: 'FEPROM',
  12: 'EPROM',
  13: 'CDRAM',
  14: '3DRAM',
  16: 'SGRAM',
  31: 'Logical non-volatile device',
};
const technologies: Readonly<Record<number, string>> = {
  4: 'NVDIMM-N',
  5: 'NVDIMM-F',
  6: 'NVDIMM-P',
  7: 'Intel Optane persistent memory',
};
const nonVolatileDetail = 1 << 12;

/**
 * The populated memory devices of an SMBIOS structure table (/sys/firmware/dmi/tables/DMI). Undefined when the table has
 * no memory device at all. Every structure is bounded by the table; what is broken ends it, what came before counts.
 */
export function parseSmbiosModules(table: Uint8Array): readonly MemoryModule[] | undefined {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const modules: MemoryModule[] = [];
  let devices = 0;
  for (let at = 0; at + headerBytes <= table.length; ) {
    const type = view.getUint8(at);
    const length = view.getUint8(at + 1);
    if (type === endOfTable || length < headerBytes || at + length > table.length) break;
    if (type === memoryDevice) {
      devices += 1;
      const module = parseDevice(new DataView(table.buffer, table.byteOffset + at, length));
      if (module !== undefined) modules.push(module);
    }
    at = skipStrings(table, at + length);
  }
  return devices === 0 ? undefined : modules;
}

/** The strings of a structure end with two zeros, also when there are none. */
function skipStrings(table: Uint8Array, from: number): number {
  for (let at = from; at + 1 < table.length; at++) if (table[at] === 0 && table[at + 1] === 0) return at + 2;
  return table.length;
}

/** Undefined: an empty slot, or no memory module. */
function parseDevice(device: DataView): MemoryModule | undefined {
  const word = (at: number) => (at + 2 <= device.byteLength ? device.getUint16(at, true) : undefined);
  const byte = (at: number) => (at + 1 <= device.byteLength ? device.getUint8(at) : undefined);
  const size = word(sizeAt);
  // Without a size field, or with 0 in it, nothing is installed.
  if (size === undefined || size === 0) return undefined;
  const kind = chooseKind({
    type: types[byte(typeAt) ?? 0] ?? '',
    technology: technologies[byte(technologyAt) ?? 0] ?? '',
    detail: ((word(detailAt) ?? 0) & nonVolatileDetail) === 0 ? '' : 'Non-volatile',
  });
  if (kind === undefined) return undefined;
  return {
    kind,
    sizeBytes: parseSize(device, size),
    speedMts: parseSpeed(device, word(speedAt)),
    volatileBytes: parseVolatile(device),
  };
}

/** MiB; KiB when the highest bit is set; all others set: in the extended size, MiB. All bits set: unknown. */
function parseSize(device: DataView, size: number): number | undefined {
  if (size === 0xffff) return undefined;
  if (size === 0x7fff) {
    const extended = dword(device, extendedSizeAt);
    return extended === undefined || extended === 0 ? undefined : extended * 2 ** 20;
  }
  return (size & 0x8000) === 0 ? size * 2 ** 20 : (size & 0x7fff) * 2 ** 10;
}

/** MT/s; 0: unknown; all bits set: in the extended speed (3.3). */
function parseSpeed(device: DataView, speed: number | undefined): number | undefined {
  const mts = speed === 0xffff ? dword(device, extendedSpeedAt) : speed;
  return mts === 0 ? undefined : mts;
}

/** 31 bits; the highest one is reserved. */
function dword(device: DataView, at: number): number | undefined {
  return at + 4 <= device.byteLength ? device.getUint32(at, true) & 0x7fff_ffff : undefined;
}

/** Bytes (3.2); all bits set: unknown. */
function parseVolatile(device: DataView): number | undefined {
  if (volatileSizeAt + 8 > device.byteLength) return undefined;
  const bytes = device.getBigUint64(volatileSizeAt, true);
  return bytes <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(bytes) : undefined;
}
