/** Builds SMBIOS structure tables (DMTF DSP0134) byte by byte. */

export interface DeviceFields {
  /** Length of the formatted part: what is behind it is not there. 0x5c has all fields of 3.3. */
  readonly length?: number;
  readonly size?: number;
  readonly type?: number;
  readonly detail?: number;
  readonly speed?: number;
  readonly extendedSize?: number;
  readonly technology?: number;
  readonly volatileBytes?: bigint;
  readonly extendedSpeed?: number;
}

/** A memory device: 32 GiB of DDR4 at 2933 MT/s unless said otherwise. */
export function memoryDevice(fields: DeviceFields = {}): Buffer {
  const { length = 0x5c, size = 0x7fff, type = 0x1a, detail = 0x2080, speed = 2933 } = fields;
  const bytes = Buffer.alloc(0x5c);
  bytes.writeUInt16LE(size, 0x0c);
  bytes.writeUInt8(0x09, 0x0e);
  bytes.writeUInt8(1, 0x10);
  bytes.writeUInt8(type, 0x12);
  bytes.writeUInt16LE(detail, 0x13);
  bytes.writeUInt16LE(speed, 0x15);
  bytes.writeUInt32LE(fields.extendedSize ?? 32 * 1024, 0x1c);
  bytes.writeUInt8(fields.technology ?? 3, 0x28);
  bytes.writeBigUInt64LE(fields.volatileBytes ?? 32n << 30n, 0x3c);
  bytes.writeUInt32LE(fields.extendedSpeed ?? 0, 0x54);
  return structure(17, bytes.subarray(4, length), ['DIMM_A1', 'Samsung']);
}

/** Any structure: header, formatted part, strings. */
export function structure(type: number, body: Uint8Array, strings: readonly string[] = []): Buffer {
  const header = Buffer.from([type, body.length + 4, 0x20, 0x00]);
  const text = strings.length === 0 ? '\0\0' : `${strings.join('\0')}\0\0`;
  return Buffer.concat([header, body, Buffer.from(text, 'latin1')]);
}

/** A table: BIOS information, then what is given, then the end. */
export function smbiosTable(...structures: readonly Uint8Array[]): Buffer {
  const bios = structure(0, Buffer.alloc(0x14), ['AMI', '1.0']);
  return Buffer.concat([bios, ...structures, structure(127, Buffer.alloc(0))]);
}
